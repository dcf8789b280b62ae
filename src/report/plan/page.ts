/** The page of `plan`: what will be in which certificate, what to run, what makes it last, and what speaks against it. */
import { formatSan } from '../../model/san.ts';
import type { NodePlan, Plan, Refusal } from '../../model/plan.ts';
import { items as findingItems } from '../inspect/page.ts';
import {
  type Item,
  itemBlocks,
  join,
  listed,
  onlySeen,
  type Page,
  type Phrase,
  plain,
  remark,
  said,
  type Section,
} from '../page.ts';
import type { Look } from '../look.ts';
import { stepsBlock } from '../next-steps.ts';
import { durableBlocks } from './durable.ts';
import { nodeSections } from './nodes.ts';
import { wayOutBlocks } from './way-out.ts';

export function planPage(plan: Plan, { asTyped = (command) => command }: Pick<Look, 'asTyped'> = {}): Page {
  const { refusals, risks, findings, leftOut, next, order } = plan;
  const changes = plan.nodes.filter(({ action }) => action !== 'nothing');
  return {
    title: 'API server certificate: plan',
    answer: answerOf(plan),
    tone: toneOf(plan),
    about: [
      onlySeen(plan.cluster, said`planned from what was seen at ${plan.madeAt}`),
      ...(changes.length > 1 ? [join(plain('order: '), plain(order))] : []),
      ...(plan.rehearsed === undefined || plan.rehearsed.length === 0
        ? []
        : [
            join(
              plain('tried by the own kubeadm of '),
              listed(
                plan.rehearsed.map(({ node }) => node),
                8,
              ),
              plain(', in a folder that is gone: names, algorithm, use and CA are as planned'),
            ),
          ]),
    ],
    sections: [
      { title: 'Refused', depth: 'always', blocks: refusalBlocks(refusals) },
      ...nodeSections(plan),
      {
        title: 'What makes it last',
        depth: 'terminal',
        blocks: durableBlocks(plan, { isWhole: false, asTyped }),
      },
      {
        title: 'What makes it last',
        depth: 'ticket',
        blocks: durableBlocks(plan, { isWhole: true, asTyped }),
      },
      { title: 'Risks', depth: 'always', blocks: itemBlocks(risks.map(riskItem)) },
      { title: 'Left out', depth: 'always', blocks: itemBlocks(leftOut.map(leftOutItem)) },
      { title: 'A way out that changes nothing', depth: 'always', blocks: wayOutBlocks(plan.wayOut) },
      { title: 'Findings besides', depth: 'always', blocks: findingItems(findings) },
      {
        title: 'Next',
        depth: 'always',
        blocks: stepsBlock(next),
      },
    ],
  };
}

function toneOf({ exitCode, refusals }: Plan): Page['tone'] {
  if (refusals.length > 0 || exitCode === 8) return 'bad';
  return exitCode === 0 ? 'good' : 'careful';
}

function answerOf(plan: Plan): Phrase {
  const { exitCode, nodes, durable, refusals } = plan;
  const signs = nodes.filter(({ action }) => action === 'reissue');
  if (refusals.length > 0) {
    if (plan.nodes.length === 0 && refusals.every(({ code }) => code === 'not-read'))
      return plain('refused: no control plane could be read, so there is nothing to plan from');
    const many = refusals.length === 1 ? 'one reason' : `${refusals.length} reasons`;
    return plain(`refused, for ${many}: nothing can be signed as asked`);
  }
  if (signs.length > 0) return signAnswer(signs);
  const restarts = nodes.filter(({ action }) => action === 'restart').map(({ node }) => node);
  if (restarts.length > 0)
    return join(plain('the certificates on disk are right, but not taken on '), listed(restarts, 5));
  if (durable.some(({ kind }) => kind !== 'advice'))
    return plain('the certificates hold every name; what the next ones are made from does not');
  if (exitCode === 8) return plain('not a missing name: nothing is to be signed, do not touch the cluster');
  if (exitCode === 0) return plain('nothing to do: the certificates hold every name they should');
  return exitCode === 75
    ? plain('no node answered, so nothing can be planned')
    : plain('nothing is planned, and not all is well: see below');
}

function signAnswer(signs: readonly NodePlan[]): Phrase {
  const names = new Set(
    signs.flatMap((one) => one.names.filter(({ fate }) => fate === 'added').map(({ san }) => formatSan(san))),
  );
  const where =
    signs.length === 1
      ? join(plain('one certificate, of '), listed([signs[0]?.node ?? '']))
      : plain(`${signs.length} certificates`);
  return join(
    where,
    plain(signs.length === 1 ? ' is to be made anew' : ' are to be made anew'),
    names.size === 0 ? plain(' with the names they have') : join(plain(', with '), listed([...names], 4)),
    plain('; no name of today is lost'),
  ).filter((part) => part !== '; no name of today is lost' || !signs.some(losesNames));
}

function losesNames({ names }: NodePlan): boolean {
  return names.some(({ fate }) => fate === 'removed');
}

function refusalBlocks(refusals: readonly Refusal[]): Section['blocks'] {
  if (refusals.length === 0) return [];
  const groups = new Map<string, { readonly refusal: Refusal; readonly nodes: string[] }>();
  for (const refusal of refusals) {
    const key = JSON.stringify([refusal.code, refusal.detail, refusal.remedy]);
    const known = groups.get(key) ?? { refusal, nodes: [] };
    if (refusal.node !== undefined) known.nodes.push(refusal.node);
    groups.set(key, known);
  }
  const items = [...groups.values()].map(({ refusal: { code, detail, remedy }, nodes }): Item => ({
    label: 'refused',
    tone: 'bad',
    id: code,
    head: join(nodes.length === 0 ? [] : join(listed(nodes, 8), plain(': ')), [{ code: detail }]),
    below: [],
    todo: [{ code: remedy }],
  }));
  const commands = refusals.flatMap(({ commands: all, node }) =>
    all.map(({ why, command }) => ({
      kind: 'verbatim' as const,
      about: join(node === undefined ? [] : said`on ${node}, as root: `, plain(why)),
      language: 'sh' as const,
      text: command,
    })),
  );
  return [{ kind: 'items', items }, ...commands];
}

function riskItem({ code, node, detail }: Plan['risks'][number]): Item {
  return remark({ label: 'risk', tone: 'careful', id: code }, { what: node, detail });
}

function leftOutItem({ name, why }: Plan['leftOut'][number]): Item {
  return remark({ label: 'left out', tone: 'quiet', id: 'left-out' }, { what: name, detail: why });
}
