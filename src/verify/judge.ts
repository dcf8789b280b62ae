/** From what was seen to what is proven: each node and name from each place, each pod's way, and what nobody could see. */
import { type ExitName, worstExit } from '../model/exit-code.ts';
import { type San, sanKey } from '../model/san.ts';
import { isRefusal } from '../model/trouble.ts';
import type {
  Dial,
  Gap,
  NameProof,
  Seen,
  Verification,
  VerifyFacts,
  Walk,
  Wanted,
} from '../model/verification.ts';
import { gapsOf } from './gaps.ts';
import { nextOf } from './next.ts';
import { isBad, notTried, seenBy, worst } from './outcome.ts';
import { walkOf } from './walk.ts';

export interface JudgeOptions {
  readonly isWalk: boolean;
  /** False where somebody said that no pod's view is asked for. */
  readonly needsPod: boolean;
  /** `namespace/name` that was asked for. */
  readonly pod?: string;
  /** In clauses, why there may be control planes that nobody looked at; or that they are left out knowingly. */
  readonly uninspected?: readonly string[] | 'accepted';
}

export function judge(facts: VerifyFacts, wanted: Wanted, options: JudgeOptions): Verification {
  const dials = indexOf(facts);
  const own = ownPlaces(facts);
  const nodes = options.isWalk
    ? []
    : wanted.nodes.map(({ node, names, gone }) => ({
        node,
        names: [
          ...names.map((san) =>
            proofOf(facts.readAt, dials, { node, san, isGone: false, at: own.get(node) ?? [] }),
          ),
          ...gone.map((san) =>
            proofOf(facts.readAt, dials, { node, san, isGone: true, at: own.get(node) ?? [] }),
          ),
        ],
      }));
  const paths = options.isWalk
    ? []
    : facts.dials
        .filter(({ place, target }) => place.kind === 'here' && target === 'name')
        .map((dial) => ({ san: dial.san, port: dial.port, seen: seenBy(dial, facts.readAt) }));
  const walks = facts.pods.filter(({ isEntered }) => isEntered).map((pod) => walkOf(facts, pod));
  const gaps = gapsOf({ facts, nodes, paths, walks, options });
  // That a pod without a token is one on purpose is what most of them are: only of one that was asked for it is a fault.
  const shown = walks.map((walk) => forgiveToken(walk, options.pod !== undefined));
  const verdict = verdictOf({ facts, nodes, paths, walks: shown, gaps });
  return {
    ...(facts.cluster === undefined ? {} : { cluster: facts.cluster }),
    madeAt: facts.readAt,
    ...verdict,
    isWalk: options.isWalk,
    nodes,
    paths,
    walks: shown,
    pods: facts.pods,
    crashLoops: facts.crashLoops,
    probePods: facts.probePods,
    leftPods: facts.leftPods,
    gaps,
    unread: facts.unread,
    next: nextOf({ ...verdict, walks: shown }, wanted),
  };
}

type DialIndex = ReadonlyMap<string, readonly Dial[]>;

/** With a thousand nodes there are more handshakes than could be looked through for each name of each. */
function indexOf({ dials }: VerifyFacts): DialIndex {
  const index = new Map<string, Dial[]>();
  for (const dial of dials) {
    if (dial.target !== 'backend') continue;
    const { place, host, port, san } = dial;
    const where = place.kind === 'node' ? `node ${place.node}` : `${place.kind} ${host}:${port}`;
    const key = `${where} ${sanKey(san)}`;
    const known = index.get(key);
    if (known === undefined) index.set(key, [dial]);
    else known.push(dial);
  }
  return index;
}

interface Wish {
  readonly node: string;
  readonly san: San;
  readonly isGone: boolean;
  /** `10.0.0.1:6443`: where it is this node that answers. */
  readonly at: readonly string[];
}

/** What answers on an address that two nodes have, such as a NAT's, is one of them, and proves nothing of the other. */
function ownPlaces({ nodes }: VerifyFacts): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, number>();
  const places = nodes.map(({ node, addresses, port }) => ({
    node,
    at: addresses.map((host) => `${host}:${port}`),
  }));
  for (const { at } of places)
    for (const place of new Set(at)) owners.set(place, (owners.get(place) ?? 0) + 1);
  return new Map(places.map(({ node, at }) => [node, at.filter((place) => owners.get(place) === 1)]));
}

function proofOf(readAt: string, index: DialIndex, { node, san, isGone, at }: Wish): NameProof {
  const seenAt = (...places: readonly string[]): Seen =>
    worst(
      places
        .flatMap((place) => index.get(`${place} ${sanKey(san)}`) ?? [])
        .map((dial) => seenBy(dial, readAt, isGone)),
    );
  return {
    san,
    here: seenAt(...at.map((one) => `here ${one}`)),
    node: seenAt(`node ${node}`),
    pod: seenAt(...at.map((one) => `pod ${one}`)),
  };
}

function forgiveToken(walk: Walk, isAsked: boolean): Walk {
  if (isAsked || walk.links.every(({ link, state }) => link !== 'token' || state !== 'broken')) return walk;
  const links = walk.links.map((one) =>
    one.link === 'token'
      ? {
          ...one,
          state: 'unknown' as const,
          detail: 'no token is mounted, which is as it should be for a pod that does not speak to the API',
        }
      : one,
  );
  const { broken, ...rest } = walk;
  const next = broken === 'token' ? links.find(({ state }) => state === 'broken')?.link : broken;
  return { ...rest, links, ...(next === undefined ? {} : { broken: next }) };
}

interface Judged extends Pick<Verification, 'nodes' | 'paths' | 'walks'> {
  readonly facts: VerifyFacts;
  readonly gaps: readonly Gap[];
}

function verdictOf({ facts, nodes, paths, walks, gaps }: Judged): Pick<Verification, 'verdict' | 'exitCode'> {
  const troubles = facts.nodes.flatMap(({ trouble }) => trouble ?? []);
  const seen = [
    ...nodes.flatMap(({ names }) => names.flatMap(({ here, node, pod }) => [here, node, pod])),
    ...paths.map((path) => path.seen),
  ];
  const bad = seen.filter(isBad);
  const broken = walks.flatMap((walk) => walk.broken ?? []);
  const fromPods = facts.dials
    .filter(({ place }) => place.kind === 'pod')
    .map((dial) => seenBy(dial, facts.readAt));
  const aboutNames = [...bad, ...(broken.includes('certificate') ? fromPods.filter(isBad) : [])].some(
    ({ outcome }) => outcome !== 'untrusted',
  );
  const exits: ExitName[] = [];
  if (troubles.some(isRefusal)) exits.push('authentication');
  if (aboutNames) exits.push('changesNeeded');
  else if (bad.length > 0 || broken.length > 0) exits.push('notSan');
  if (gaps.length > 0) {
    const isSilent = facts.nodes.length > 0 && troubles.length === facts.nodes.length;
    const sawSomething = seen.some(
      ({ outcome }) => outcome !== notTried.outcome && outcome !== 'unreachable',
    );
    // Names that are missing are the answer to what was asked; what else was not seen does not hide them.
    if (exits.length === 0) exits.push(isSilent && !sawSomething ? 'temporary' : 'partial');
  }
  const exitCode = worstExit(exits);
  if (aboutNames) return { verdict: 'names-missing', exitCode };
  if (bad.length > 0 || broken.length > 0) return { verdict: 'broken', exitCode };
  return { verdict: gaps.length > 0 || exits.length > 0 ? 'not-proven' : 'holds', exitCode };
}
