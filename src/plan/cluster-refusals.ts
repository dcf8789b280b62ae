/** Why nothing may be changed in this cluster at all, or not with these names: looked at before anything else. */
import { certSan } from '../flavours/kubeadm.ts';
import type { Finding, FindingArgs, FindingCode } from '../model/finding.ts';
import type { Inspection } from '../model/inspection.ts';
import type { PlannedName, Refusal } from '../model/plan.ts';
import { affectedPath } from '../model/access-path.ts';
import { isRefusal } from '../model/trouble.ts';
import { formatSan, mostNames, type San, sanKey } from '../model/san.ts';
import { type Ask, flagOf } from './ask.ts';
import { absenceOf } from '../diagnose/no-control-plane.ts';
import { isAllowed } from './policy.ts';
import type { Subject } from './subject.ts';

type Draft = Omit<Refusal, 'commands'>;

function made(draft: Draft): Refusal {
  return { ...draft, commands: [] };
}

/** Another tool would undo what is changed beside it. */
export function ownerRefusals({ findings }: Inspection): readonly Refusal[] {
  return ofCode(findings, 'other-tool').map(({ args, node }) =>
    made({
      code: 'other-tool',
      ...(node === undefined ? {} : { node }),
      detail: `this cluster belongs to ${args.distribution} (${args.evidence})`,
      remedy: args.howTo,
    }),
  );
}

/** A control plane with an old certificate makes every third call fail, so all of them have to be seen. */
export function unseenRefusals({ findings, nodes }: Inspection, { accepted }: Ask): readonly Refusal[] {
  if (accepted.uninspected === true) return [];
  const leaving = `or leave it out knowing that calls which reach it go on failing: ${flagOf.uninspected}`;
  const unread = nodes.flatMap(({ node, result }) =>
    node.role === 'control-plane' && result.state === 'unread'
      ? [
          made({
            code: 'not-read',
            node: node.name,
            detail: `it could not be read: ${result.trouble.message}`,
            // Who did not get in is told how; to go on without a host whose key has changed is nobody's first thought.
            remedy: isRefusal(result.trouble) ? result.trouble.hint : `${result.trouble.hint}; ${leaving}`,
          }),
        ]
      : [],
  );
  // Where none is found at all, that is said by the exit code.
  const isAnyFound = nodes.some(
    ({ result }) => result.state === 'read' && result.facts.apiserver !== undefined,
  );
  const hidden = nodes.flatMap(({ node, result }) =>
    isAnyFound &&
    node.role === 'control-plane' &&
    result.state === 'read' &&
    absenceOf(result.facts)?.kind === 'unknown'
      ? [
          made({
            code: 'not-read',
            node: node.name,
            detail: 'no manifest of an API server could be read there, so its certificate is not known',
            remedy: `see that the user who logs in is root there, or may become root; ${leaving}`,
          }),
        ]
      : [],
  );
  const others = ofCode(findings, 'control-plane-not-inspected').map(({ args }) =>
    made({
      code: 'not-read',
      detail: `the API knows control planes that nobody looked at: ${args.names.join(', ')}`,
      remedy: `name them with --node too, or leave them out: ${flagOf.uninspected}`,
    }),
  );
  return [...unread, ...hidden, ...others];
}

/** What kubeadm itself would stumble over. */
export function configurationRefusals({ facts }: Inspection): readonly Refusal[] {
  const configuration = facts.api?.kubeadmConfig?.configuration;
  const remedy =
    'correct it first: kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system edit configmap kubeadm-config';
  const faults = (configuration?.faults ?? []).map(
    ({ path, line, column, fault }) => `line ${line}, column ${column}: ${path} ${fault}`,
  );
  const wrong = (configuration?.certSans ?? [])
    .filter((text) => certSan(text) === undefined)
    .map((text) => `certSANs holds "${text}", which kubeadm takes for neither a name nor an address`);
  return [...faults, ...wrong].map((detail) => made({ code: 'kubeadm-config-fault', detail, remedy }));
}

/** `--remove` of what kubeadm writes by itself, or of what somebody dials. */
export function removalRefusals(
  subjects: readonly Subject[],
  removed: readonly San[],
  brokenBy: (san: San) => PlannedName['breaks'],
  { accepted }: Ask,
): readonly Refusal[] {
  return removed.flatMap((san) => {
    const key = sanKey(san);
    const by = subjects.filter(({ computed }) => computed.has(key)).map(({ name }) => name);
    if (by.length > 0)
      return [
        made({
          code: 'removal-breaks',
          detail: `${formatSan(san)} cannot be taken away: kubeadm writes it by itself (on ${by.slice(0, 5).join(', ')})`,
          remedy:
            'leave it; to be rid of it, change what it comes from (node name, controlPlaneEndpoint, service range)',
        }),
      ];
    const breaks = brokenBy(san);
    if (breaks.length === 0 || accepted.breakage === true) return [];
    const who = breaks.map((path) => affectedPath(path, 'possible').who).join('; ');
    return [
      made({
        code: 'removal-breaks',
        detail: `without ${formatSan(san)} these break: ${who}`,
        remedy: `have them dial another name first, or take the responsibility with ${flagOf.breakage}`,
      }),
    ];
  });
}

/** Of any site: what the cluster's own files dial is no reason to vouch for it against the policy. */
const notVouched: ReadonlySet<string> = new Set(['kubeconfig', 'load-balancer', 'inventory']);

export function amountRefusals(
  node: string,
  names: readonly PlannedName[],
  { policy }: Ask,
  asked: ReadonlySet<string>,
): readonly Refusal[] {
  const count = names.filter(({ fate }) => fate !== 'removed').length;
  const most = Math.min(policy.atMost ?? mostNames, mostNames);
  const refusals: Refusal[] = [];
  const added = names.filter(({ fate }) => fate === 'added');
  if (count > most && added.length > 0)
    refusals.push(
      made({
        code: 'too-many-names',
        node,
        detail: `its certificate would hold ${count} names, and ${most} are the most`,
        remedy:
          'every handshake carries them all: use a wildcard or a load balancer name instead, or raise policy.atMost',
      }),
    );
  const strange = added.filter(
    ({ san, why }) =>
      !asked.has(sanKey(san)) &&
      why.length > 0 &&
      why.every((one) => notVouched.has(one.why)) &&
      !isAllowed(san, policy),
  );
  if (strange.length > 0)
    refusals.push(
      made({
        code: 'policy',
        node,
        detail: `policy.allow of fix-sans.yaml does not let in ${strange.map(({ san }) => formatSan(san)).join(', ')}`,
        remedy: 'have the policy changed, or change the file that dials the name',
      }),
    );
  return refusals;
}

function ofCode<Code extends FindingCode>(
  findings: readonly Finding[],
  code: Code,
): readonly { readonly args: FindingArgs[Code]; readonly node?: string }[] {
  return findings.filter((one) => one.code === code) as unknown as readonly {
    readonly args: FindingArgs[Code];
    readonly node?: string;
  }[];
}
