/** `apply`, `rollback` and `runs` against a simulation, in this process: the command line, its JSON, and what lies on the nodes. */
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { Io } from '../../src/cli/io.ts';
import type { Rollout } from '../../src/model/rollout.ts';
import { loginFlags, targetsOf } from '../pipelines/simulated-program.ts';
import {
  simulate,
  type SimulatedNode,
  type Simulation,
  type SimulationOptions,
} from '../simulator/simulate.ts';
import { type CliResult, runCli } from './run-cli.ts';
import { sampledSimulation } from './sampled-simulation.ts';
import { openSimulatedChanger, openSimulatedNode } from './simulated-cli.ts';

const configPath = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';

export interface SimulatedRuns extends AsyncDisposable {
  readonly simulation: Simulation;
  /** Where the audit file is, and what a test writes. */
  readonly home: string;
  readonly run: (command: string, ...args: readonly string[]) => Promise<CliResult>;
  /** Unattended, and its JSON. */
  readonly rolled: (command: string, ...args: readonly string[]) => Promise<Rollout>;
  readonly kubeadmConfig: () => string;
  readonly setKubeadmConfig: (text: string) => void;
}

interface Given {
  /** In place of the usual door: something happens at a step. */
  readonly openChanger?: Io['openChanger'];
  readonly enter?: SimulationOptions['enter'];
  /** In place of the nodes' own addresses, asked for anew with each command. */
  readonly targets?: () => readonly string[] | undefined;
  /** Not where its API server is broken on purpose, or its files lie where only the node sees them. */
  readonly isSampled?: boolean;
}

export async function simulatedRuns(
  nodes = 2,
  { openChanger = openSimulatedChanger, enter, targets: others, isSampled = true }: Given = {},
): Promise<SimulatedRuns> {
  const simulation = await (isSampled ? sampledSimulation : simulate)({
    nodes,
    certSans: ['api.example.com'],
    ...(enter && { enter }),
  });
  const home = mkdtempSync(path.join(os.tmpdir(), 'fix-sans-apply-'));
  const run: SimulatedRuns['run'] = (command, ...args) => {
    const targets = (others?.() ?? targetsOf(simulation)).map((target) => `--node=${target}`);
    return runCli([command, ...targets, ...loginFlags(simulation), ...args], {
      openNode: openSimulatedNode,
      openChanger,
      env: { XDG_STATE_HOME: home, PATH: process.env['PATH'] },
    });
  };
  return {
    simulation,
    home,
    run,
    rolled: async (command, ...args) => {
      const { code, stdout, stderr } = await run(command, '--yes', '--format=json', ...args);
      expect(stdout, stderr).not.toBe('');
      const rollout = JSON.parse(stdout) as Rollout;
      expect(rollout.exitCode).toBe(code);
      return rollout;
    },
    kubeadmConfig: () => mapOf(simulation).data.ClusterConfiguration,
    setKubeadmConfig: (text) => {
      const map = mapOf(simulation);
      simulation.objects.set({ ...map, data: { ...map.data, ClusterConfiguration: text } });
    },
    [Symbol.asyncDispose]: async () => {
      rmSync(home, { recursive: true });
      await simulation.stop();
    },
  };
}

type ConfigMap = Parameters<Simulation['objects']['set']>[0] & {
  readonly data: { readonly ClusterConfiguration: string };
};

function mapOf(simulation: Simulation): ConfigMap {
  return simulation.objects.get(configPath) as ConfigMap;
}

/** All that lies below /etc/kubernetes, with mode and owner. */
export function filesOf({ root }: SimulatedNode): readonly unknown[] {
  const folder = path.join(root, 'etc/kubernetes');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((file) => {
      const at = path.join(folder, file);
      const { mode, uid, gid } = lstatSync(at);
      return [file, mode, uid, gid, statSync(at).isFile() ? readFileSync(at, 'hex') : ''];
    });
}

export function stateOf({ root }: SimulatedNode): readonly string[] {
  try {
    return readdirSync(path.join(root, 'var/lib/fix-sans')).toSorted();
  } catch {
    return [];
  }
}
