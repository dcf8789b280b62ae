/** The shape of a plan, field by field: who edits a plan file can write its digest too, and what is shown and verified relies on it. */
import { exitCodes } from '../model/exit-code.ts';
import type { KubeadmRule, Provenance } from '../model/inspection.ts';
import type { Plan } from '../model/plan.ts';

type Is = (value: unknown) => boolean;

const isText: Is = (value) => typeof value === 'string';
const isNumber: Is = (value) => typeof value === 'number';
const isOneOf =
  (...words: readonly string[]): Is =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const isList =
  (of: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(of);
/** With the fields that it must have, and right ones where it may. */
const isMap =
  (must: Readonly<Record<string, Is>>, may: Readonly<Record<string, Is>> = {}): Is =>
  (value) =>
    isObject(value) &&
    Object.entries(must).every(([key, is]) => Object.hasOwn(value, key) && is(value[key])) &&
    Object.entries(may).every(([key, is]) => !Object.hasOwn(value, key) || is(value[key]));
const isEither =
  (...all: readonly Is[]): Is =>
  (value) =>
    all.some((is) => is(value));

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isSan = isMap({ type: isOneOf('dns', 'ip'), value: isText });
const isCommand = isMap({ why: isText, command: isText });
const isWithheld = isMap({ withheld: isText });
const rules: Readonly<Record<KubeadmRule, true>> = {
  'node-name': true,
  'kubernetes-service-name': true,
  'service-address': true,
  'advertise-address': true,
};
const provenances: Readonly<Record<Provenance['why'], Is>> = {
  kubeadm: isMap({ rule: isOneOf(...Object.keys(rules)) }),
  controlPlaneEndpoint: isObject,
  certSANs: isObject,
  kubespray: isMap({ rule: isText }),
  inventory: isObject,
  kubeconfig: isMap({ path: isText }, { node: isText }),
  endpoint: isMap({ endpoint: isText }),
  'load-balancer': isMap({ where: isText }),
  service: isMap({ where: isText }),
  wish: isMap({}, { from: isMap({ by: isOneOf('names', 'policy'), path: isText }) }),
  'usual-name': isObject,
  'hand-added-or-unknown': isObject,
};
const isProvenance: Is = (value) =>
  isObject(value) &&
  isOneOf(...Object.keys(provenances))(value['why']) &&
  provenances[value['why'] as Provenance['why']](value);
const isName = isMap({
  san: isSan,
  fate: isOneOf('added', 'kept', 'removed'),
  why: isList(isProvenance),
  breaks: isList(isText),
});
const isNode = isMap(
  {
    node: isText,
    action: isOneOf('reissue', 'restart', 'nothing'),
    reasons: isList(isText),
    names: isList(isName),
    lostByRecipe: isList(isSan),
    certificate: isMap(
      { algorithm: isText, validityHours: isNumber, issuer: isText },
      { notAfterToday: isText },
    ),
  },
  {
    forms: isMap(
      {
        flags: isEither(isWithheld, isMap({ argv: isList(isText), line: isText, alsoNames: isList(isText) })),
        config: isEither(isWithheld, isMap({ file: isText, argv: isList(isText), line: isText })),
      },
      { runbook: isText },
    ),
  },
);
const isChange = isEither(
  isMap({
    kind: isOneOf('kubeadm-config'),
    resourceVersion: isText,
    names: isList(isSan),
    removed: isList(isSan),
    diff: isText,
    after: isText,
    command: isText,
  }),
  isMap({
    kind: isOneOf('inventory'),
    path: isText,
    names: isList(isSan),
    wouldDrop: isList(isSan),
    diff: isText,
    edit: isMap({ before: isText, after: isText, at: isNumber, inserted: isText }),
    command: isText,
    hides: isList(isText),
  }),
  isMap({ kind: isOneOf('advice'), about: isText, where: isText, why: isText, text: isText }),
);

const codes: ReadonlySet<unknown> = new Set(Object.values(exitCodes).map(({ code }) => code));

const required: readonly (readonly [key: keyof Plan, is: Is])[] = [
  ['madeAt', (value) => isText(value) && !Number.isNaN(Date.parse(value as string))],
  ['exitCode', (value) => codes.has(value)],
  ['nodes', (value) => isList(isNode)(value) && areUnique(value as Plan['nodes'])],
  ['order', isText],
  ['durable', isList(isChange)],
  [
    'refusals',
    isList(
      isMap({ code: isText, detail: isText, remedy: isText, commands: isList(isCommand) }, { node: isText }),
    ),
  ],
  ['risks', isList(isMap({ code: isText, detail: isText }, { node: isText }))],
  ['findings', isList(isMap({ code: isText, severity: isText, args: isObject }, { node: isText }))],
  ['leftOut', isList(isMap({ name: isText, why: isText }))],
  ['next', isList(isMap({ where: isText, why: isText, command: isText }))],
  [
    'bound',
    isMap(
      { nodes: isList(isMap({ node: isText, certificate: isText, ca: isText })) },
      { kubeadmConfigVersion: isText },
    ),
  ],
];

const optional: readonly (readonly [key: keyof Plan, is: Is])[] = [
  ['cluster', isText],
  ['wayOut', isMap({ name: isSan, commands: isList(isCommand) })],
  ['rehearsed', isList(isMap({ node: isText, serial: isText }))],
];

/** What of a node is verified must not depend on which of two entries is read last. */
function areUnique(nodes: Plan['nodes']): boolean {
  return new Set(nodes.map(({ node }) => node)).size === nodes.length;
}

/** The first field that is not as it should be; undefined where all are. */
export function faultyField(plan: unknown): string | undefined {
  const has = (key: string): boolean => isObject(plan) && Object.hasOwn(plan, key);
  const valueOf = (key: string): unknown => (isObject(plan) ? plan[key] : undefined);
  const faulty =
    required.find(([key, is]) => !has(key) || !is(valueOf(key))) ??
    optional.find(([key, is]) => has(key) && !is(valueOf(key)));
  return faulty?.[0];
}
