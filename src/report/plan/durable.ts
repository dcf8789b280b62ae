/** What makes names last, each change as a diff and how it is applied. */
import type { DurableChange, Plan } from '../../model/plan.ts';
import { formatSan } from '../../model/san.ts';
import { type Block, join, listed, type Phrase, plain, said, type Section } from '../page.ts';

/** At a terminal without the long commands. */
export function durableBlocks({ durable }: Plan, how: How): Section['blocks'] {
  return durable.flatMap((change) => blocksOf(change, how));
}

interface How {
  readonly isWhole: boolean;
  readonly asTyped: (command: string) => string;
}

/** Beyond this the command is no longer one that somebody pastes; the JSON has it. */
const longest = 4000;

function blocksOf(change: DurableChange, { isWhole, asTyped }: How): readonly Block[] {
  switch (change.kind) {
    case 'kubeadm-config':
      return [
        {
          kind: 'verbatim',
          about: join(
            plain('kubeadm-config, from which the next kubeadm join takes the names,'),
            namesWords(' gets ', change.names.map(formatSan)),
            namesWords(' loses ', change.removed.map(formatSan)),
            said`; it is at resource version ${change.resourceVersion}`,
          ),
          language: 'diff',
          text: change.diff,
        },
        ...(isWhole ? [patchBlock(change.command)] : []),
      ];
    case 'inventory':
      return [
        {
          kind: 'verbatim',
          about: join(said`${change.path}`, namesWords(' gets ', change.names.map(formatSan))),
          language: 'diff',
          text: change.diff,
        },
        ...(change.hides.length === 0
          ? []
          : [
              {
                kind: 'prose',
                phrase: join(
                  plain('it replaces, and does not add to, what is set in '),
                  listed(change.hides),
                ),
              } as const,
            ]),
        ...(change.wouldDrop.length === 0
          ? []
          : [
              {
                kind: 'prose',
                phrase: join(
                  plain('without this patch the next run of kubespray would drop: '),
                  listed(change.wouldDrop.map(formatSan), 20),
                ),
              } as const,
            ]),
        {
          kind: 'steps',
          steps: [
            {
              where: 'here',
              why: plain('write it into the file, with the same options'),
              command: asTyped('fix-sans plan --write'),
            },
            {
              where: "in kubespray's folder",
              why: plain(
                'only where kubespray itself is to sign: it deletes the pair on all control planes at once before it makes new ones. A list that is given with -e hides the one in the files',
              ),
              command: change.command,
            },
          ],
        },
      ];
    case 'advice':
      return [
        {
          kind: 'verbatim',
          about: join(said`${change.where}: `, [{ code: change.why }]),
          language: change.about === 'one-node-only' ? 'text' : 'yaml',
          text: change.text,
        },
      ];
  }
}

function patchBlock(command: string): Block {
  if (command.length > longest)
    return {
      kind: 'prose',
      phrase: plain('the command that applies it is long; --format json has it, as durable[].command'),
    };
  return {
    kind: 'verbatim',
    about: plain('on a control plane, as root; it does nothing if somebody else was faster'),
    language: 'sh',
    text: command,
  };
}

function namesWords(words: string, names: readonly string[]): Phrase {
  return names.length === 0 ? [] : join(plain(words), listed(names, 8));
}
