/** Every block of commands in the documentation, typed as it stands: the exit codes that it promises, and what it says that is printed. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { simulatedProgram } from '../pipelines/simulated-program.ts';
import { missingFrom } from './excerpt.ts';
import { pages, sectionsOf } from './pages.ts';
import { scenes } from './scenes.ts';
import { placeOf, untypedAs } from './table.ts';
import { openWorld } from './world.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-programs-'));
  await simulatedProgram(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = (): string => path.join(folder, 'fix-sans.cjs');

const sections = pages
  .flatMap(sectionsOf)
  .filter(({ steps }) => steps.some(({ commands }) => commands.some((one) => untypedAs(one) === undefined)));

describe.concurrent('typed as it stands', () => {
  test.each(sections)(
    '$page: $heading',
    async ({ page, heading, steps }) => {
      const scene = placeOf(page, heading);
      if (scene === undefined) throw new Error(`${page}: ${heading}: name its cluster in test/docs/table.ts`);
      await using world = await openWorld(program(), scenes[scene]);
      for (const { commands, excerpt } of steps) {
        let printed = '';
        for (const command of commands.filter((one) => untypedAs(one) === undefined)) {
          const { code, output } = await world.type(command.text);
          printed += `${output}\n`;
          expect(command.promised ?? [0], `${page}:${command.line}: ${command.text}\n${output}`).toContain(
            code,
          );
        }
        expect(missingFrom(printed, excerpt ?? ''), printed).toBeUndefined();
      }
      // Seconds on a quiet machine; several of them run at a time.
    },
    400_000,
  );
});
