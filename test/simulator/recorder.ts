/**
 * For a bench of clients, whose nodes must not cost anything: a script is run by a shell the first time, and whoever sends the
 * same one again, to any node, gets what came of it without any shell: under the nonce of the new request, and with the names,
 * addresses and certificates of the node that was asked.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ServerChannel } from 'ssh2';

export interface Recorder {
  /** `own` are the texts that differ from node to node, in one order for all. */
  answer(channel: ServerChannel, command: string, run: Run, own: readonly string[]): void;
}

/** Runs the command with that stdin on the node. */
export type Run = (stdin: string) => Promise<Outcome>;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Recorded {
  readonly outcome: Promise<Outcome>;
  readonly own: readonly string[];
}

/** Where a nonce was, and cannot come from a script. */
const mark = '\0nonce\0';

export function startRecorder(): Recorder {
  const known = new Map<string, Recorded>();
  const reply = async (
    channel: ServerChannel,
    command: string,
    run: Run,
    own: readonly string[],
  ): Promise<void> => {
    // To read it by iteration would destroy it at the end of its input, before there is an answer.
    let stdin = '';
    channel.on('data', (chunk: Buffer) => (stdin += chunk.toString('latin1')));
    await once(channel, 'end');
    const [, nonce = mark] = /^_nonce=([0-9a-f]{32})$/m.exec(stdin) ?? [];
    const key = `${command}\0${stdin.replaceAll(nonce, mark)}`;
    const first = known.get(key) ?? {
      outcome: run(stdin).then((outcome) => mapTexts(outcome, (text) => text.replaceAll(nonce, mark))),
      own,
    };
    known.set(key, first);
    const { code, stdout, stderr } = mapTexts(await first.outcome, (text) =>
      retold(text, first.own, own).replaceAll(mark, nonce),
    );
    channel.stderr.write(stderr, 'latin1');
    channel.write(stdout, 'latin1');
    channel.exit(code);
    channel.end();
  };
  return {
    answer: (channel, command, run, own) => {
      channel.on('error', () => {});
      reply(channel, command, run, own).catch(() => channel.destroy());
    },
  };
}

function mapTexts({ code, stdout, stderr }: Outcome, change: (text: string) => string): Outcome {
  return { code, stdout: change(stdout), stderr: change(stderr) };
}

const frame = new RegExp(
  `#fix-sans ${mark} frame (\\S+) \\d+ [0-9a-f]{64}\\n([A-Za-z0-9+/=\\n]*)\\n(?=#fix-sans ${mark} \\.)`,
  'g',
);

/** Each frame as the other node would have sent it; digests are of bodies and names, which hold no nonce. */
function retold(text: string, from: readonly string[], to: readonly string[]): string {
  if (from === to) return text;
  return text.replaceAll(frame, (_, name: string, body: string) => {
    let content = Buffer.from(body, 'base64').toString('latin1');
    for (const [index, own] of from.entries()) content = content.replaceAll(own, to[index] ?? '');
    const lines = Buffer.from(content, 'latin1')
      .toString('base64')
      .replaceAll(/.{76}(?=.)/g, '$&\n');
    const digest = createHash('sha256').update(`${name}\n${lines}`).digest('hex');
    return `#fix-sans ${mark} frame ${name} ${lines.length} ${digest}\n${lines}\n`;
  });
}
