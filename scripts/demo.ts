/** The demo: a client that fails at a load balancer, the way from its error to certificates that hold, back, and there again past a node that fails. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Io } from '../src/cli/io.ts';
import { run } from '../src/cli/run.ts';
import { excerpt, shakeHands, type Stage } from './demo-stage.ts';

/** The README puts nothing on the PATH. */
const called = 'node dist/fix-sans.js';
const usage = `./scripts/demo            the story on three simulated control planes; changes nothing of this machine
./scripts/demo --all      every line that the commands print, where the usual is an excerpt
./scripts/demo --kind     the same on real Kubernetes in Docker; --install installs what it needs (root, Debian),
                          --keep leaves the cluster there afterwards
`;
const { values: asked } = parseArgs({
  options: {
    all: { type: 'boolean' },
    kind: { type: 'boolean' },
    keep: { type: 'boolean' },
    install: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

/** Neither proxies nor CA files nor clusters of this machine are the demo's. */
const own = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/_proxy$|^SSL_CERT_|_CA_CERTS$|^KUBECONFIG$/i.test(name)),
);
const unexpected: string[] = [];
let chapters = 0;

if (asked.help === true) process.stdout.write(usage);
else if (asked.kind === true) {
  const { onKind } = await import('./demo-kind.ts');
  await onKind({ keep: asked.keep === true, install: asked.install === true }, story);
} else {
  const { lacking, startSimulatedStage } = await import('./demo-simulated.ts');
  const sentence = lacking();
  if (sentence !== undefined) {
    console.error(`demo: ${sentence}`);
    process.exit(1);
  }
  await using stage = await startSimulatedStage();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => void stage[Symbol.asyncDispose]().then(() => process.exit(code)));
  await story(stage);
}
if (unexpected.length > 0) process.exitCode = 1;

async function story(stage: Stage): Promise<void> {
  const began = performance.now();
  const { where, pace, trouble } = stage;
  const plan = path.join(stage.folder, 'plan.json');
  const apply = ['apply', ...where, ...pace, '--yes'];

  print(stage.opening);
  if (asked.all !== true)
    print('Of what a command prints only the heart is shown; ./scripts/demo --all shows every line.');

  chapter('A client fails');
  const error = await client(stage, stage.refused);

  chapter('What does it mean?');
  await step(stage, ['explain', error], { code: 2, blocks: [0, /^ {2}add/] });

  chapter('Who is affected, and what else is wrong? This only reads');
  await step(stage, ['inspect', ...where], { code: 2, blocks: [0, 'Findings'] });

  chapter('What would be signed, and what would be lost? Still nothing changes');
  await step(stage, ['plan', ...where, '--out', plan], {
    code: 2,
    blocks: [0, /^Sign anew: \S*(?:cp2|plane2)$/m, 'What makes it last'],
  });

  chapter(
    'Do exactly this: one node after the other, each proven before the next, while a client shakes hands',
  );
  await beside(stage, () =>
    step(stage, [...apply, '--plan', plan], {
      code: 0,
      blocks: ['Control planes', 'Handshakes'],
      talk: true,
    }),
  );
  await client(stage, /^connected|is ok|Ready/);

  chapter('The proof, from here and from each node');
  await step(stage, ['verify', ...where, '--without-pods'], { code: 0, blocks: [0, 'Paths'] });

  chapter('And back, byte for byte');
  await beside(stage, () =>
    step(stage, ['rollback', ...where, ...pace, '--yes', '--quiet'], {
      code: 0,
      blocks: [0, 'Control planes'],
    }),
  );
  await client(stage, stage.refused);

  chapter(`Once more, and now it goes wrong: ${trouble.what}`);
  await trouble.begin();
  try {
    await beside(stage, () =>
      step(stage, [...apply, ...trouble.options], {
        code: 5,
        blocks: [0, 'Control planes'],
        talk: true,
        onTalk: (line) => trouble.onTalk?.(line),
      }),
    );
  } finally {
    await trouble.end();
  }

  chapter('That node was mended. The same command does the rest');
  await beside(stage, () => step(stage, [...apply, '--quiet'], { code: 0, blocks: [0, 'Control planes'] }));

  chapter('A last time: nothing to do, and nothing is touched');
  await step(stage, [...apply, '--quiet'], { code: 0, blocks: [0] });

  ending(stage, Math.round((performance.now() - began) / 1000));
}

function ending({ closing }: Stage, seconds: number): void {
  const isGood = unexpected.length === 0;
  print(
    isGood
      ? `That took ${seconds} s: a name was missing on three control planes; each got it and was proven before the next, it was\ntaken back, and a node that failed was put back by itself.`
      : `That took ${seconds} s, and not all went as it should.`,
  );
  print(closing);
  print(`On your own cluster, reading only:\n  ${called} inspect --node root@HOST`);
  for (const one of unexpected) console.error(`not as it should be: ${one}`);
}

function print(text: string): void {
  console.log(`${text}\n`);
}

function chapter(title: string): void {
  chapters += 1;
  const heading = `── ${chapters}. ${title}`;
  console.log(process.stdout.isTTY ? `\u001B[1m${heading}\u001B[0m` : heading);
}

async function client(stage: Stage, expected: RegExp): Promise<string> {
  const [typed, said] = await stage.call();
  print(`$ ${typed}\n${said}`);
  if (!expected.test(said)) unexpected.push(`the client: ${said}`);
  return said;
}

/** All the while a client dials the load balancer; none of its handshakes may fail. */
async function beside(stage: Stage, work: () => Promise<void>): Promise<void> {
  const stop = shakeHands(stage);
  try {
    await work();
  } finally {
    const tally = await stop();
    print(`the client beside it, at ${stage.endpoint}: ${tally}`);
    if (!tally.endsWith(' 0 failed')) unexpected.push(`the client beside it: ${tally}`);
  }
}

interface Expected {
  readonly code: number;
  /** Which blocks of what is printed are shown: the first, and those that begin so. */
  readonly blocks: readonly (0 | string | RegExp)[];
  /** What it says while it works is shown as well. */
  readonly talk?: true;
  readonly onTalk?: (line: string) => void;
}

async function step(stage: Stage, argv: readonly string[], expected: Expected): Promise<void> {
  const typed = argv.map((word) => (/[^\w./:=,-]/.test(word) ? quoted(word) : word));
  print(`$ ${called} ${typed.join(' ')}`);
  let stdout = '';
  let stderr = '';
  const { columns } = process.stdout;
  const io: Io = {
    stdin: process.stdin,
    stdout: {
      ...(columns === undefined ? {} : { isTTY: true, columns: Math.min(columns, 110) }),
      write: (text) => (stdout += text),
    },
    stderr: {
      write: (text) => {
        stderr += text;
        if (expected.talk === true && (asked.all === true || isOfNode(text))) process.stdout.write(text);
        expected.onTalk?.(text);
      },
    },
    // What is remembered of real runs is none of the demo's.
    env: { ...own, HOME: stage.folder, XDG_STATE_HOME: stage.folder, NO_COLOR: '1' },
    called,
    ...stage.doors,
  };
  const code = await run(argv, io);
  if (expected.talk === true) console.log('');
  const [headline = ''] = stdout.split('\n\n');
  const wanted = expected.blocks.map((one) => (one === 0 ? headline : one));
  const { shown, leftOut } = excerpt(stdout, wanted);
  const more = leftOut === 0 ? '' : `; ${leftOut} more lines`;
  print(
    asked.all === true ? `${stdout.trimEnd()}\n→ exit code ${code}` : `${shown}\n→ exit code ${code}${more}`,
  );
  if (code !== expected.code)
    unexpected.push(`${argv[0]} ended with ${code} instead of ${expected.code}: ${stderr.slice(-2000)}`);
}

/** What it says of a node as it goes; the plan comes the same way, and was shown. */
function isOfNode(text: string): boolean {
  return /^fix-sans: [\w.-]+: (?!locked)/.test(text);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
