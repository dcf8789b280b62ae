/** The way around whatever stands between: an SSH tunnel to a control plane, and a name that every certificate holds. */
import type { NextStep } from '../model/inspection.ts';
import { sanKey, type San } from '../model/san.ts';
import { formatEndpoint } from '../model/server-address.ts';
import type { Backend } from './backend.ts';
import type { Context } from './context.ts';
import { sansOf } from './names.ts';
import {
  safeEndpoint,
  safeName,
  safePath,
  safeSshHost,
  safeUser,
  safeWord,
  unglobbed,
} from './shell-safe.ts';

/** `kubernetes` on every cluster of kubeadm's; failing that, the first name that all certificates hold. */
export function commonName({ backends, holders }: Pick<Context, 'backends' | 'holders'>): string | undefined {
  const known = backends.filter(({ leaf, served }) => leaf !== undefined || served !== undefined);
  const isHeldByAll = (san: San) => {
    const served = holders.served(san);
    const disk = holders.onDisk(san);
    return known.every((one) => (one.served === undefined ? disk : served).has(one.index));
  };
  const first = known[0]?.served?.certificate ?? known[0]?.leaf;
  const own = first === undefined ? [] : sansOf(first).filter(({ type }) => type === 'dns');
  const usual = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'].map((value): San => ({
    type: 'dns',
    value,
  }));
  if (known.length === 0) return 'kubernetes';
  const candidates = new Map([...usual, ...own].map((san) => [sanKey(san), san]));
  return [...candidates.values()].find((san) => safeName(san.value) !== undefined && isHeldByAll(san))?.value;
}

/** `kubectl --kubeconfig … --context …`, with the kubeconfig that was given. */
export function kubectl({ facts: { kubeconfig } }: Pick<Context, 'facts'>): string {
  const path = safePath(kubeconfig?.path ?? '');
  const context = safeWord(kubeconfig?.context ?? '');
  return [
    'kubectl',
    ...(path === undefined ? [] : ['--kubeconfig', path]),
    ...(context === undefined ? [] : ['--context', context]),
  ].join(' ');
}

export function tunnelSteps(context: Context): readonly NextStep[] {
  const name = commonName(context);
  if (name === undefined) return [];
  const backend = context.backends.find(
    (one) => one.kind === 'read' && sshTarget(context, one) !== undefined,
  );
  const port = backend?.port ?? 6443;
  const local = port + 10_000 <= 65_535 ? port + 10_000 : 16_443;
  const far = formatEndpoint(backend?.address ?? '127.0.0.1', port);
  const target = (backend === undefined ? undefined : sshTarget(context, backend)) ?? 'USER@CONTROL-PLANE';
  const hasProxyUrl = context.facts.kubeconfig?.proxyUrl !== undefined;
  return [
    {
      where: 'here',
      why: 'a tunnel through SSH, past whatever answers in between; it stays open until Ctrl-C',
      command: `ssh -N -L ${unglobbed(`127.0.0.1:${local}:${far}`)} ${target}`,
    },
    {
      where: 'here',
      why: hasProxyUrl
        ? "kubectl through the tunnel, still verifying the certificate; take proxy-url out of the kubeconfig's copy first"
        : `kubectl through the tunnel, still verifying the certificate: ${holderWords(context)} this name`,
      command: `${kubectl(context)} --server https://127.0.0.1:${local} --tls-server-name ${name} get nodes`,
    },
  ];
}

/** Who holds `commonName`: no more than was seen. */
export function holderWords({ backends }: Pick<Context, 'backends'>): string {
  const known = backends.filter(({ leaf, served }) => leaf !== undefined || served !== undefined);
  if (known.some(({ kind }) => kind !== 'endpoint')) return 'every control plane holds';
  if (known.length === 0) return 'kubeadm gives every control plane';
  return known.length === 1 ? 'the certificate seen here holds' : 'the certificates seen here hold';
}

/** `-p 2222 -J bastion:22 ops@10.0.0.1`, undefined where the node is not reached by SSH or any part of it is not safe. */
function sshTarget({ facts }: Context, backend: Backend): string | undefined {
  const target = backend.node?.target;
  if (target?.via !== 'ssh') return undefined;
  const host = safeSshHost(target.host);
  const connection = facts.nodes.find(({ node }) => node === backend.node)?.connection;
  const wanted = target.user ?? connection?.user;
  const user = wanted === undefined ? '' : safeUser(wanted);
  const through = (connection?.through ?? []).map(safeEndpoint);
  if (host === undefined || user === undefined || through.includes(undefined)) return undefined;
  return [
    ...(target.port === undefined || target.port === 22 ? [] : ['-p', String(target.port)]),
    ...(through.length === 0 ? [] : ['-J', unglobbed(through.join(','))]),
    user === '' ? host : `${user}@${host}`,
  ].join(' ');
}
