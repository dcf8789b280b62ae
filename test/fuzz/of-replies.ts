/** What nodes answer: facts, the steps of a run, runs that are kept, what was seen by `verify`, texts of /proc. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readReleased, readTaken } from '../../src/apply/lock-replies.ts';
import { readFileBack, readLooked, readWritten } from '../../src/apply/node-file-replies.ts';
import { clauseOf, exitOfFault } from '../../src/apply/faults.ts';
import {
  readFinished,
  readProved,
  readReloaded,
  readRequest,
  readServed,
  readStaged,
  readUndone,
} from '../../src/apply/replies.ts';
import { healthFaults } from '../../src/apply/proof.ts';
import { exitCodes } from '../../src/model/exit-code.ts';
import {
  defaultLink,
  parseIpAddr,
  parseKernelAddresses,
  parseKernelSockets,
  parseSs,
} from '../../src/inspect/node/network.ts';
import { parseHaproxy, parseKeepalived, parseNginx } from '../../src/inspect/node/load-balancers.ts';
import { parseFlags, parseManifest } from '../../src/inspect/node/manifest.ts';
import { readReply } from '../../src/inspect/node/read-node.ts';
import { readJournal, runsIn } from '../../src/inspect/runs/read-runs.ts';
import { clusterViewOf } from '../../src/inspect/verify/cluster-facts.ts';
import { readVerifyReply } from '../../src/inspect/verify/read-verify.ts';
import { readAct } from '../../src/probe-pods/read-act.ts';
import { stateOf } from '../../src/probe-pods/state.ts';
import { leaf } from '../support/facts.ts';
import { pemOf, proofOf, sums } from '../support/fake-cluster.ts';
import { framesIn, type Frames, piecesOf, textOfFrames } from './frames-text.ts';
import { must, type Parser } from './parser.ts';

const recorded = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../inspect/fixtures/ha-control-plane.json'), 'utf8'),
) as Frames;
const certificate = leaf(['a.example', '10.0.0.1']);
const steps: readonly Frames[] = [
  { staged: pemOf(certificate), key: `${certificate.keyFingerprint}  -\n`, sums },
  proofOf(certificate, 'a.example'),
  { was: pemOf(certificate), stopped: 'yes', served: '900' },
  { ended: 'done', config: 'kind: ClusterConfiguration\n', 'config-fault': 'x' },
  { result: 'back', served: 'no' },
  { fault: 'kubeadm-failed', said: 'error execution phase: no\n', undone: 'back' },
  { holder: '20261121T120000Z-00000000\n42\nops@bastion\n', fault: 'held' },
  { runs: '20261121T120000Z-00000000 swapped\n', lock: 'taken', dead: 'old\nsomebody\nundone\n' },
  { file: 'a: 1\n', sum: `${'5'.repeat(64)}  -\n`, written: 'yes', released: 'yes' },
];
const readers = [
  readStaged,
  readRequest,
  readServed,
  readReloaded,
  readProved,
  readFinished,
  readUndone,
  readTaken,
  readReleased,
  readLooked,
  readWritten,
  readFileBack,
];

function journal(...body: readonly string[]): string {
  const text = ['fix-sans-journal 1', ...body].map((one) => `${one}\n`).join('');
  return `${text}sum ${createHash('sha256').update(text).digest('hex')}\n`;
}
const kept: Frames = {
  'journal.20261121T120000Z-00000000': journal(
    'staged 12 2026-11-21T12:00:00Z',
    'swapped 13 2026-11-21T12:00:01Z',
  ),
  'ended.20261120T120000Z-00000000': journal('staged 12 x', 'done 14 y'),
  'config.20261121T120000Z-00000000': 'yes',
  lock: '20261121T120000Z-00000000\nboot\n100\nops@bastion\n',
  boot: 'boot\n',
  up: '50',
};
const pod = JSON.stringify({
  status: { phase: 'Running', containerStatuses: [{ state: { running: {} } }], reason: 'x', message: 'y' },
});
const verified: Frames = {
  by: 'openssl',
  entered: 'uid-1',
  pod: 'uid-1\tdefault\tprobe\t10.0.0.1\tyes\t/ca',
  dial: `node\topenssl\t10.0.0.1\t6443\ta.example\t0\n${pemOf(certificate)}`,
  dns: 'udp\t10.96.0.10\tkubernetes\t5a17818000010001',
  unread: 'api\tkubectl ended with 1\n',
  api: `{"items":[]}\n#pods\t0\t\n${pod}\n#pod\t0\t\n\n#events\t1\tError from server (NotFound): x\n`,
  pods: 'a\tb\tc\td\te\tf\n+page\tx\n+more\ty\n',
};
const proc = `  |-- 10.0.0.1
     /32 host LOCAL
fd000000000000000000000000000001 02 40 00 80 eth0
eth0 00000000 0100A8C0 0003 0 0 100 00000000 0 0 0
2: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0
LISTEN 0 4096 *:6443 *:* users:(("kube-apiserver",pid=487,fd=3))
0100007F:192B
`;
const balancers = `stream {\nupstream api {\nserver 10.0.0.1:6443;\n}\nserver {\nlisten 8443;\nproxy_pass api;\n}\n}\nfrontend f\nbind :6443\ndefault_backend b\nbackend b\nserver s 10.0.0.1:6443\nvirtual_ipaddress {\n10.0.0.9/24\n}\n`;
const manifest =
  'kind\tPod\nmetadata.name\tkube-apiserver\nspec.containers.0.command.0\tkube-apiserver\nspec.containers.0.command.1\t--secure-port=6443\nspec.containers.0.env.0.name\tX\nspec.containers.0.env.0.value\ty\nspec.volumes.0.name\tk\nspec.volumes.0.hostPath.path\t/etc\n';

export const replyParsers: readonly Parser[] = [
  {
    name: 'facts of a node',
    seeds: [textOfFrames(recorded)],
    pieces: piecesOf(recorded),
    inputs: 2000,
    largest: 100_000,
    read: (bytes) => {
      const { facts } = readReply('cp1', framesIn(bytes), { asked: 0, answered: 1 });
      must(Array.isArray(facts.unread), 'nothing is said of what was not read');
    },
  },
  {
    name: 'answers of the steps',
    seeds: steps.map(textOfFrames),
    pieces: [...piecesOf(Object.assign({}, ...steps) as Frames), 'back', 'taken', 'yes', 'no', '3', '\n--\n'],
    inputs: 12_000,
    read: (bytes) => {
      const reply = framesIn(bytes);
      for (const read of readers) {
        const answer = read(reply);
        if (answer.ok) continue;
        must(clauseOf(answer.fault) !== '', 'a fault without a word');
        must(exitCodes[exitOfFault(answer.fault)].code !== 0, 'a fault that is taken for a success');
      }
      const proved = readProved(reply);
      if (proved.ok) healthFaults(proved.value);
      // A node that reports a fault is never believed anything else.
      const faulty = { ...reply, frames: [{ name: 'fault', bytes: Buffer.from('x') }, ...reply.frames] };
      must(
        readers.every((read) => !read(faulty).ok),
        'a fault that is passed over',
      );
    },
  },
  {
    name: 'runs that are kept',
    seeds: [textOfFrames(kept)],
    pieces: [...piecesOf(kept), 'fix-sans-journal 1\n', 'sum ', 'staged 1 x\n'],
    inputs: 6000,
    read: (bytes) => {
      const { runs } = runsIn('cp1', framesIn(bytes));
      must(
        runs.every(({ run }) => /^[0-9a-fTZ-]{1,64}$/.test(run)),
        'a run whose name is a path',
      );
      const told = readJournal(bytes.toString('utf8'));
      must(
        told.state === 'damaged' || told.state === 'newer' || bytes.includes('sum '),
        'a journal that is believed without its sum',
      );
    },
  },
  {
    name: 'what verify saw',
    seeds: [textOfFrames(verified)],
    pieces: piecesOf(verified),
    inputs: 4000,
    read: (bytes) => {
      const reply = framesIn(bytes);
      const san = { type: 'dns', value: 'a.example' } as const;
      const own = [{ target: 'backend' as const, host: '10.0.0.1', port: 6443, san }];
      readVerifyReply(reply, {
        node: 'cp1',
        own,
        service: [],
        ca: [certificate],
        ownCa: [certificate],
        rootCas: new Map(),
        at: '2026-11-21T12:00:00Z',
      });
      clusterViewOf(reply);
    },
  },
  {
    name: 'acts on a pod',
    seeds: [textOfFrames(verified), pod],
    pieces: [...piecesOf(verified), '\n#pod\t0\t\n', '\n#events\t0\t\n'],
    inputs: 4000,
    read: (bytes) => {
      const { answer, events } = readAct(framesIn(bytes));
      if (answer !== undefined) stateOf(answer, events);
      stateOf({ ok: true, bytes }, { ok: true, bytes });
      stateOf({ ok: false, why: bytes.toString('utf8') }, undefined);
    },
  },
  {
    name: 'texts of /proc, ip and ss',
    seeds: [proc],
    pieces: [
      '  |-- ',
      '10.0.0.1',
      '/32 host LOCAL',
      'eth0',
      '00000000',
      'LISTEN',
      ' ',
      '\t',
      '\n',
      ':6443',
      '0100007F:192B',
      'users:(("',
      '%lo',
    ],
    inputs: 8000,
    largest: 200_000,
    read: (bytes) => {
      const text = bytes.toString('utf8');
      parseIpAddr(text);
      parseKernelAddresses(text);
      defaultLink(text);
      for (const { port } of [...parseSs(text), ...parseKernelSockets(text)])
        must(port >= 0 && port <= 65_535, `a port ${port}`);
    },
  },
  {
    name: 'load balancers and manifests',
    seeds: [balancers, manifest],
    pieces: [
      '{\n',
      '}\n',
      'upstream a {\n',
      'server ',
      'listen ',
      'bind :1\n',
      'backend b\n',
      'frontend f\n',
      'virtual_ipaddress {\n',
      'kind\tPod\n',
      'metadata.name\tx\n',
      '--a=b\n',
      '\t',
    ],
    inputs: 6000,
    largest: 250_000,
    read: (bytes) => {
      const lines = bytes.toString('utf8').split('\n');
      for (const parse of [parseNginx, parseHaproxy, parseKeepalived]) parse('/x', lines);
      parseManifest({ lines, remarks: [] });
      const flags = parseFlags(lines);
      must(
        Object.getPrototypeOf(flags) === null || !Object.hasOwn(Object.prototype, 'x'),
        'the prototype was changed',
      );
    },
  },
];
