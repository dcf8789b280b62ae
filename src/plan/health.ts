/** Whether the other API servers are well while one is changed: what is ill is a refusal, and what nobody knows a risk. */
import { absenceOf } from '../diagnose/no-control-plane.ts';
import type { Inspection } from '../model/inspection.ts';
import type { Refusal, Risk } from '../model/plan.ts';
import type { Probe } from '../model/probe.ts';
import type { Subject } from './subject.ts';

const remedy = 'mend it first: crictl ps -a --name kube-apiserver, and its log';

/** Only where another one is to be changed: a broken one is mended while the others serve. */
export function healthRefusals(
  { facts, nodes }: Inspection,
  subjects: readonly Subject[],
  changed: ReadonlySet<string>,
): readonly Refusal[] {
  if (changed.size === 0) return [];
  const asleep = new Map<string, string>();
  for (const { node, result } of nodes) {
    const absence =
      node.role === 'control-plane' && result.state === 'read' ? absenceOf(result.facts) : undefined;
    if (absence?.kind === 'gone')
      asleep.set(node.name, `there is no manifest of it, though ${absence.evidence} is there`);
  }
  const seenOf = sightOf(facts.probes);
  for (const subject of subjects) {
    const { seen, isOwn } = seenOf(subject);
    const detail = illness(seen, isOwn);
    if (detail !== undefined) asleep.set(subject.name, detail);
  }
  return [...asleep]
    .filter(([name]) => isBesides(name, changed))
    .map(([node, detail]) => ({
      code: 'apiserver-unhealthy',
      node,
      detail: `its API server is not well (${detail}), and the others are needed while one is changed`,
      remedy,
      commands: [],
    }));
}

/** Nobody reached it, or it did not say that it is ready: what is not known is not taken for good. */
export function healthRisks(
  { facts }: Inspection,
  subjects: readonly Subject[],
  changed: ReadonlySet<string>,
): readonly Risk[] {
  const seenOf = sightOf(facts.probes);
  return subjects
    .filter((subject) => {
      const { seen, isOwn } = seenOf(subject);
      return isBesides(subject.name, changed) && illness(seen, isOwn) === undefined && !seen.some(isReady);
    })
    .map(({ name }) => ({
      code: 'health-unknown',
      node: name,
      detail:
        'whether its API server is well is not known, and it is needed while another one is changed: kubectl get --raw /readyz?verbose there',
    }));
}

function isBesides(name: string, changed: ReadonlySet<string>): boolean {
  return [...changed].some((other) => other !== name);
}

function isReady({ result }: Probe): boolean {
  return result.state === 'served' && result.health?.status === 200;
}

function illness(seen: readonly Probe[], isOwn: boolean): string | undefined {
  for (const { result } of seen) {
    if (result.state !== 'served' || result.health === undefined) continue;
    const { status, failing } = result.health;
    if (status === undefined) return '/readyz does not answer in time';
    if (status < 500) continue;
    return `/readyz says that it is not ready${failing.length === 0 ? '' : `: ${failing.join(', ')}`}`;
  }
  const ill = seen.find(
    ({ result }) =>
      result.state === 'served' && result.answer?.isKubernetes === true && result.answer.status >= 500,
  );
  if (ill?.result.state === 'served') return ill.result.answer?.firstLine ?? '';
  const isSilent = seen.length > 0 && seen.every(({ result }) => result.state === 'failed');
  const [first] = seen;
  return isSilent && first?.result.state === 'failed' && (isOwn || first.result.trouble === 'refused')
    ? first.result.detail
    : undefined;
}

/** From the node itself by its name, from elsewhere by the address that was dialled. */
function sightOf(
  probes: readonly Probe[],
): (subject: Subject) => { readonly seen: readonly Probe[]; readonly isOwn: boolean } {
  const places = new Map<string, Probe[]>();
  for (const probe of probes) {
    if (probe.way === 'proxy') continue;
    const place = probe.way === 'ssh' ? `ssh ${probe.from}` : `direct ${probe.host}`;
    const known = places.get(place);
    if (known === undefined) places.set(place, [probe]);
    else known.push(probe);
  }
  return ({ name, told }) => {
    const own = places.get(`ssh ${name}`) ?? [];
    return own.length > 0
      ? { seen: own, isOwn: true }
      : { seen: places.get(`direct ${told.advertiseAddress ?? ''}`) ?? [], isOwn: false };
  };
}
