/** The way out that touches nothing, in words. */
import type { Plan } from '../../model/plan.ts';
import { formatSan } from '../../model/san.ts';
import { join, plain, said, type Section } from '../page.ts';

export function wayOutBlocks(wayOut: Plan['wayOut']): Section['blocks'] {
  if (wayOut === undefined) return [];
  const { name, commands, isProven } = wayOut;
  return [
    {
      kind: 'prose',
      phrase: join(
        said`${formatSan(name)} is in the certificate of every control plane, so that a client from outside may check for it instead`,
        plain(isProven ? '; the handshakes of this run prove it' : '; no handshake of this run proves it'),
        plain('. Pods and kubelets cannot do this'),
      ),
    },
    {
      kind: 'steps',
      steps: commands.map(({ why, command }) => ({ where: 'here', why: plain(why), command })),
    },
  ];
}
