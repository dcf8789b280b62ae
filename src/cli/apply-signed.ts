/** `apply` where somebody else holds the CA: requests are written here, and what comes back signed is handed in. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { durableOutcomes } from '../apply/durable-end.ts';
import { type Asked, flags, here } from '../plan/after-run.ts';
import { requestAll } from '../apply/requests.ts';
import { controlPlanesOf, type HandedIn } from '../apply/task.ts';
import { type Certificate, readCertificates } from '../model/certificate.ts';
import type { ClusterFacts } from '../model/cluster-facts.ts';
import { display } from '../model/display.ts';
import { exitCodes, type ExitName } from '../model/exit-code.ts';
import type { NextStep } from '../model/inspection.ts';
import type { Plan } from '../model/plan.ts';
import { UserError } from '../model/user-error.ts';
import { readBytes } from '../nodes/read-file.ts';
import type { Decided } from './apply-plan.ts';
import { quoted } from './called.ts';
import type { Options } from './command.ts';
import { isSet, textOf, textsOf } from './option-values.ts';
import { checkPlace } from './report-files.ts';
import { checkOnly } from './run-refusals.ts';
import { type RunEnd, type Session, untouched } from './run-session.ts';

/** Before anything is contacted. */
export async function signedIn(options: Options): Promise<readonly Certificate[]> {
  const folder = textOf(options, 'csrDir');
  const files = textsOf(options, 'signedCert');
  if (folder !== undefined && files.length > 0)
    throw new UserError(
      '--csr-dir and --signed-cert do not go together',
      'first the requests are written, then what was signed for them is handed in',
    );
  if (folder !== undefined) await checkPlace(path.join(folder, 'cp.csr'), '--csr-dir');
  if (files.length > 0 && textOf(options, 'plan') !== undefined)
    throw new UserError(
      '--signed-cert and --plan do not go together: a plan without the CA key is refused',
      'leave --plan out, and give the names as they were given for the requests',
    );
  const all: Certificate[] = [];
  for (const file of files) {
    const hint = 'give the certificate that came back, in PEM';
    const { bytes } = await readBytes(file, { what: 'the certificate of --signed-cert,', hint });
    const reading = readCertificates(bytes);
    if (!reading.ok) throw new UserError(`--signed-cert ${display(file)} is no certificate`, hint);
    const [leaf, ...more] = reading.certificates;
    if (more.length > 0)
      throw new UserError(
        `--signed-cert ${display(file)} holds ${more.length + 1} certificates`,
        'give the one of the control plane alone: intermediates are not supported, the CA of the cluster itself has to sign',
      );
    if (all.some(({ keyFingerprint }) => keyFingerprint === leaf.keyFingerprint))
      throw new UserError(
        `--signed-cert ${display(file)} is for the same key as another one`,
        'each control plane has a request of its own: give one certificate for each',
      );
    all.push(leaf);
  }
  return all;
}

export function handedIn(certificates: readonly Certificate[] | undefined, options: Options): HandedIn {
  return { certificates: certificates ?? [], acceptsShorter: isSet(options, 'acceptShorterValidity') };
}

/** One that is for nobody was signed for another cluster, or for a key that is gone. */
export function checkSigned(
  signed: readonly Certificate[],
  facts: ClusterFacts,
  files: readonly string[],
): void {
  const keys = new Set(controlPlanesOf(facts).map(({ facts: node }) => node.key?.keyFingerprint));
  const stray = signed.findIndex(({ keyFingerprint }) => !keys.has(keyFingerprint));
  if (stray === -1) return;
  throw new UserError(
    `--signed-cert ${display(files[stray] ?? '')} is for no key that a control plane has in use`,
    'make the requests again: fix-sans apply --csr-dir FOLDER',
  );
}

interface RequestsAsk {
  readonly options: Options;
  readonly session: Session;
  /** For the command that comes after. */
  readonly asked: Asked;
}

/** `--csr-dir`: whether the CA's key is there or not, nothing is signed, healed or changed. Undefined where more speaks against it. */
export async function requests(
  { plan, facts, isForRequests }: Pick<Decided, 'plan' | 'facts' | 'isForRequests'>,
  { options, session, asked }: RequestsAsk,
): Promise<RunEnd | undefined> {
  const folder = textOf(options, 'csrDir') ?? '';
  if (!isForRequests) {
    session.say('--csr-dir: no request was written');
    return undefined;
  }
  const only = textOf(options, 'only');
  if (only !== undefined) checkOnly(plan, only);
  const chosen = plan.nodes.filter(({ node, action }) => action === 'reissue' && (only ?? node) === node);
  if (chosen.length === 0) return nothingToRequest(plan, session);
  const answers = await requestAll({ ...plan, nodes: chosen }, facts, session);
  const ends: RunEnd['nodes'][number][] = [];
  const exits: ExitName[] = [];
  const written: string[] = [];
  for (const one of answers) {
    if ('why' in one) {
      exits.push(one.exit);
      ends.push(...untouched([one.node], one.why));
      continue;
    }
    const file = path.join(folder, `${one.node.replaceAll(/[^\w.-]/g, '_')}.csr`);
    await writeRequest(file, one.csr);
    session.say(`${display(one.node, 80)}: wrote ${display(file)}`);
    written.push(file);
    ends.push(...waiting([one.node], `it waits for a certificate for the request ${file}`));
  }
  const others = plan.nodes.filter(({ node }) => !answers.some((one) => one.node === node));
  if (written.length > 0) exits.push('partial');
  return {
    nodes: [...ends, ...notAsked(others)],
    durable: durableOutcomes(plan, undefined),
    exits,
    ...(written.length === 0 ? {} : { next: signedNext(written, only, asked) }),
  };
}

/** Also with --quiet: without it nobody knows how to go on. */
function signedNext(
  written: readonly string[],
  only: string | undefined,
  { names, removals }: Asked,
): readonly NextStep[] {
  const files = written.map((file) => ` --signed-cert ${quoted(file.replace(/\.csr$/, '.crt'))}`).join('');
  const chosen = only === undefined ? '' : ` --only ${quoted(only)}`;
  return [
    {
      where: 'here',
      why: 'look at each request; then have it signed by whoever holds the CA, for server authentication alone and with every name',
      command: `openssl req -noout -text -in ${quoted(written[0] ?? '')}`,
    },
    here(
      'once they are signed: puts them in place, one control plane after the other',
      `fix-sans apply${flags('--san', names)}${flags('--remove', removals)}${chosen}${files}`,
    ),
  ];
}

function waiting(names: readonly string[], why: string): RunEnd['nodes'] {
  return untouched(names, why).map((one) => ({ ...one, waits: true as const }));
}

/** Those without a request: they may have something else to be done, which is not done now. */
function notAsked(nodes: Plan['nodes']): RunEnd['nodes'] {
  const why = 'only requests are written with --csr-dir';
  return nodes.flatMap(({ node, action }) =>
    action === 'nothing' ? untouched([node]) : waiting([node], why),
  );
}

function nothingToRequest(plan: Plan, session: Session): RunEnd {
  session.say('--csr-dir: no control plane is to be signed anew, so no request was written');
  const isLeft = plan.exitCode === exitCodes.changesNeeded.code;
  if (isLeft) session.say('what else there is to do, apply does without --csr-dir; nothing was changed');
  const end = { nodes: notAsked(plan.nodes), durable: durableOutcomes(plan, undefined) };
  return isLeft ? { ...end, exits: ['partial'] } : { ...end, exits: [], exitCode: plan.exitCode };
}

async function writeRequest(file: string, csr: string): Promise<void> {
  try {
    await writeFile(file, csr, { mode: 0o644 });
  } catch (error) {
    throw new UserError(
      `--csr-dir: cannot write ${display(file)}: ${(error as Error).message}`,
      'nothing was changed on any node; name another folder',
    );
  }
}
