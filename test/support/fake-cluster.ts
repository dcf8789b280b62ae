/** Nodes that answer the steps of a run as real ones do, without any: what each answers can be changed, and what was asked is kept. */
import type { ClusterNode } from '../../src/model/node.ts';
import type { Certificate } from '../../src/model/certificate.ts';
import type { RunEvent } from '../../src/model/rollout.ts';
import type { Ports, RunName } from '../../src/apply/ports.ts';
import type { NodeChanger } from '../../src/reach/changer.ts';
import type { Reply } from '../../src/reach/reader.ts';
import { ReachError } from '../../src/reach/transport.ts';

export type Frames = Readonly<Record<string, string>>;

export function replyWith(frames: Frames): Reply {
  return {
    frames: Object.entries(frames).map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
    talk: '',
  };
}

export function pemOf({ der }: Certificate): string {
  return `-----BEGIN CERTIFICATE-----\n${der.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

export function lost(): ReachError {
  return new ReachError({
    code: 'link-lost',
    message: 'the connection broke',
    hint: 'try again',
    retryable: true,
  });
}

export interface AskedStep {
  readonly node: string;
  readonly step: string;
  readonly data: Readonly<Record<string, string>>;
}

/** An error is thrown; a list is taken one after the other, and its last stays. */
export type Answer = Frames | Error | ((asked: AskedStep) => Frames | Error);

export interface FakeCluster {
  readonly ports: Ports;
  readonly asked: readonly AskedStep[];
  readonly events: readonly Omit<RunEvent, 'at'>[];
  /** `cp1 stage` and the like, in their order, without the renewing of locks. */
  steps(): readonly string[];
  answer(node: string, step: string, ...answers: readonly Answer[]): void;
  readonly stop: AbortController;
}

export const runName: RunName = {
  run: '20261121T120000Z-1a2b3c4d',
  by: 'ops@bastion',
  timing: { reloadSeconds: 75, settleSeconds: 60, deadManSeconds: 300 },
};

/** As the step tells it: the token is as long as it was. */
export const kubesprayFile = `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- token: xxxxxxxxxxxxxxxxxxxxxxx
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
apiServer:
  certSANs:
  - "kubernetes"
  - "grün.example"
certificatesDir: /etc/kubernetes/ssl
---
kind: KubeletConfiguration
`;

export const sums = Array.from({ length: 4 }, (_, index) => String(index).repeat(64)).join(' ');

/** `made` is what kubeadm signs on each node. */
export function fakeCluster(
  made: ReadonlyMap<string, Certificate>,
  hook: Ports['hook'] = () => Promise.resolve(undefined),
): FakeCluster {
  const asked: AskedStep[] = [];
  const events: Omit<RunEvent, 'at'>[] = [];
  const own = new Map<string, Answer[]>();
  const stop = new AbortController();
  let now = Date.parse('2026-11-21T12:00:00Z');

  function usual({ node, step, data }: AskedStep): Frames {
    const certificate = made.get(node);
    switch (step) {
      case 'take-lock':
        return { runs: '', lock: 'taken' };
      case 'stage':
        if (certificate === undefined) throw new Error(`nothing is made on ${node}`);
        return { staged: pemOf(certificate), key: `${certificate.keyFingerprint}  -\n`, sums };
      case 'swap':
        return { served: '12', swapped: '2026-11-21T12:00:00Z' };
      case 'restart':
        return { served: '900' };
      case 'reload':
        return { stopped: 'yes', served: '900' };
      case 'look-at-file':
        return { file: kubesprayFile, sum: `${'5'.repeat(64)}  -\n` };
      case 'write-file':
        return { written: 'yes' };
      case 'put-file-back':
        return { result: 'back' };
      case 'gate':
        return proofOf(undefined, '');
      case 'prove':
        return proofOf(certificate, data['names'] ?? '');
      case 'finish':
        return { ...(data['patch'] ? { config: configIn(data['patch']) } : {}), ended: 'done' };
      case 'undo':
        return { result: 'back', served: '8' };
      default:
        return { lock: data['seconds'] ?? '' };
    }
  }

  const open = (node: ClusterNode): Promise<NodeChanger> =>
    Promise.resolve({
      node,
      change: (step, data) => {
        const one = { node: node.name, step: step.name, data };
        asked.push(one);
        const queue = own.get(`${node.name} ${step.name}`);
        const next = queue !== undefined && queue.length > 1 ? queue.shift() : queue?.[0];
        const answer = typeof next === 'function' ? next(one) : (next ?? usual(one));
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(replyWith(answer));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });

  return {
    ports: {
      open,
      now: () => new Date(now),
      clock: () => now,
      sleep: async (milliseconds) => {
        // Keeping locks sleeps in small steps, beside everything else.
        if (milliseconds >= 1000) now += milliseconds;
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      },
      tell: (event) => void events.push(event),
      hook,
      stop: stop.signal,
    },
    asked,
    events,
    steps: () => asked.filter(({ step }) => step !== 'release').map(({ node, step }) => `${node} ${step}`),
    answer: (node, step, ...answers) => void own.set(`${node} ${step}`, [...answers]),
    stop,
  };
}

export function proofOf(certificate: Certificate | undefined, names: string): Frames {
  const rows = names
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => `${name} ${certificate?.fingerprint ?? ''}\n`);
  return {
    served: certificate === undefined ? '' : pemOf(certificate),
    named: rows.join(''),
    samples: '10.0.0.1:6443 ready\n',
    leases: `${leases('12:00:01')}\n--\n${leases('12:00:03')}`,
    good: '3',
  };
}

function leases(at: string): string {
  return ['kube-controller-manager', 'kube-scheduler']
    .map((lease) => `${lease} "renewTime":"${at}"\n`)
    .join('');
}

function configIn(patch: string): string {
  const operations = JSON.parse(patch) as readonly { readonly op: string; readonly value: string }[];
  return operations.find(({ op }) => op === 'replace')?.value ?? '';
}
