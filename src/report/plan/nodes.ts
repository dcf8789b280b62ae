/** One section for each control plane: the names as a diff, and the command in both forms. */
import type { KubeadmForms, NodePlan, Plan, PlannedName } from '../../model/plan.ts';
import { formatSan, sanKey } from '../../model/san.ts';
import { shortPathsOf, whyWords } from '../inspect/why-words.ts';
import {
  type Block,
  type Cell,
  cell,
  join,
  listed,
  type Phrase,
  plain,
  said,
  type Section,
} from '../page.ts';

export function nodeSections({ nodes }: Plan): readonly Section[] {
  const changed = nodes.filter(({ action }) => action !== 'nothing');
  const same = nodes.filter(({ action }) => action === 'nothing').map(({ node }) => node);
  const rest: Section = {
    title: 'As they are',
    depth: 'always',
    blocks:
      same.length === 0 || changed.length === 0
        ? []
        : [{ kind: 'prose', phrase: join(plain('nothing is to be done on '), listed(same, 20)) }],
  };
  return [...changed.flatMap(sectionsOf), rest];
}

function sectionsOf(plan: NodePlan): readonly Section[] {
  const title = `${actions[plan.action]} ${plan.node}`;
  if (plan.action === 'restart')
    return [
      { title, depth: 'always', blocks: [{ kind: 'prose', phrase: plain(reasonWords['not-reloaded']) }] },
    ];
  return [
    {
      title,
      depth: 'always',
      blocks: [{ kind: 'prose', phrase: whatWords(plan) }, diff(plan), ...lost(plan)],
    },
    { title: `Commands for ${plan.node}`, depth: 'terminal', blocks: shortCommands(plan) },
    { title: `Commands for ${plan.node}`, depth: 'ticket', blocks: commandBlocks(plan) },
    { title: `Runbook for ${plan.node}`, depth: 'ticket', blocks: runbookBlocks(plan) },
  ];
}

const actions = { reissue: 'Sign anew:', restart: 'Restart:', nothing: '' } as const;

const reasonWords: Readonly<Record<NodePlan['reasons'][number], string>> = {
  'missing-names': 'names are missing',
  removal: 'names are taken away',
  expired: 'it has expired',
  'not-yet-valid': 'it is not valid yet',
  'no-certificate': 'there is none that can be read',
  'not-reloaded': 'the certificate on disk is right, and the API server still serves another one',
};

function whatWords({ reasons, certificate }: NodePlan): Phrase {
  const { algorithm, validityHours, notAfterToday } = certificate;
  return join(
    plain(reasons.map((reason) => reasonWords[reason]).join(', ')),
    plain(`; the new one: ${algorithm}, ${Math.round(validityHours / 24)} days`),
    notAfterToday === undefined ? [] : said` (today's until ${notAfterToday.slice(0, 10)})`,
    certificate.issuer === '' ? [] : said`, signed by ${certificate.issuer}`,
  );
}

/** `+` added, `=` kept, `-` taken away, `!` kept, and what the usual recipe would lose. */
function diff({ names, lostByRecipe, node }: NodePlan): Block {
  const lostKeys = new Set(lostByRecipe.map(sanKey));
  return {
    kind: 'table',
    about: `Names in the certificate of ${node} (+ added, - taken away, = kept, =! kept and lost by the usual recipe)`,
    columns: ['fate', 'name', 'why'],
    rows: names.map((one) => {
      const isLost = one.fate === 'kept' && lostKeys.has(sanKey(one.san));
      const sign = isLost ? '=!' : signs[one.fate];
      return [
        cell(sign, tones[one.fate] ?? (isLost ? 'careful' : undefined)),
        { phrase: [{ code: formatSan(one.san) }] },
        whyCell(one),
      ];
    }),
  };
}

const signs = { added: '+', kept: '=', removed: '-' } as const;
const tones: Readonly<Record<PlannedName['fate'], Cell['tone']>> = {
  added: 'good',
  kept: undefined,
  removed: 'bad',
};

function whyCell({ fate, why, breaks }: PlannedName): Cell {
  const words = whyWords({ provenance: why }, { isShort: true });
  const who =
    breaks.length === 0 ? [] : plain(`; without it these break: ${shortPathsOf(breaks).join(', ')}`);
  return cell(join(plain(fate === 'kept' ? '' : `${fate}: `), words, who));
}

function lost({ lostByRecipe }: NodePlan): readonly Block[] {
  if (lostByRecipe.length === 0) return [];
  return [
    {
      kind: 'prose',
      phrase: join(
        plain(
          '! kept here, and lost by the usual recipe (rm apiserver.*, kubeadm init phase certs apiserver --apiserver-cert-extra-sans): ',
        ),
        listed(lostByRecipe.map(formatSan), 20),
      ),
    },
  ];
}

/** At a terminal what fits there; the file is in the other formats and in the runbook. */
function shortCommands({ forms }: NodePlan): readonly Block[] {
  if (forms === undefined) return [];
  const [config, flags] = [forms.config, forms.flags];
  if (!('withheld' in flags)) return flagBlocks(flags);
  if ('withheld' in config) return commandBlocksOf(forms);
  return [
    ...flagBlocks(flags),
    {
      kind: 'verbatim',
      about: plain('with the configuration that --runbooks and --format markdown write out'),
      language: 'sh',
      text: config.line,
    },
  ];
}

function commandBlocks({ forms }: NodePlan): readonly Block[] {
  return forms === undefined ? [] : commandBlocksOf(forms);
}

function commandBlocksOf({ config, flags }: KubeadmForms): readonly Block[] {
  return [
    'withheld' in config
      ? { kind: 'prose', phrase: join(plain('no configuration file: '), [{ code: config.withheld }]) }
      : {
          kind: 'verbatim',
          about: said`kubeadm.yaml, for ${config.line}`,
          language: 'yaml',
          text: config.file,
        },
    ...flagBlocks(flags),
  ];
}

function flagBlocks(flags: KubeadmForms['flags']): readonly Block[] {
  if ('withheld' in flags)
    return [{ kind: 'prose', phrase: join(plain('not with flags alone: '), [{ code: flags.withheld }]) }];
  const also =
    flags.alsoNames.length === 0 ? [] : join(plain('; it adds the host name '), listed(flags.alsoNames));
  return [
    {
      kind: 'verbatim',
      about: join(
        plain('with flags alone'),
        also,
        plain('; only in an empty folder that holds ca.crt and ca.key, never beside the old pair'),
      ),
      language: 'sh',
      text: flags.line,
    },
  ];
}

function runbookBlocks({ forms, node }: NodePlan): readonly Block[] {
  if (forms?.runbook === undefined) return [];
  return [
    {
      kind: 'verbatim',
      about: said`the whole of it as a script for ${node}`,
      language: 'sh',
      text: forms.runbook,
    },
  ];
}
