/** From a transport to a reader: sends prelude and query, checks every frame of the reply, and says in our words what went wrong. */
import { randomBytes } from 'node:crypto';
import type { ClusterNode } from '../model/node.ts';
import type { ReachTrouble } from '../model/trouble.ts';
import { whyNotStarted } from './become.ts';
import { readFrames, talkOf } from './frames.ts';
import { composeScript, scriptId } from './prelude.ts';
import type { NodeReader, Query, Reply } from './reader.ts';
import { type Limits, type Ran, ReachError, type RunAs, type Transport, usualLimits } from './transport.ts';

export interface ReaderOptions {
  readonly as: RunAs;
  readonly limits?: Limits;
}

export function nodeReader(node: ClusterNode, transport: Transport, options: ReaderOptions): NodeReader {
  const { as, limits: own = usualLimits } = options;
  const ask = async (
    asked: Query,
    data: Readonly<Record<string, string>> = {},
    limits: Partial<Limits> = {},
  ): Promise<Reply> => askOnce(transport, asked, { as, data, limits: { ...own, ...limits } });
  return {
    node,
    connection: transport.facts,
    query: async (asked, data, limits) => {
      try {
        return await ask(asked, data, limits);
      } catch (error) {
        // It changes nothing, so it may be asked again: some line or program mixed its bytes into the reply.
        if (error instanceof ReachError && error.trouble.code === 'garbled') return ask(asked, data, limits);
        throw error;
      }
    },
    ...(transport.dial && { dial: transport.dial.bind(transport) }),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

interface Way {
  readonly as: RunAs;
  readonly data: Readonly<Record<string, string>>;
  readonly limits?: Limits;
}

/** One exec of one script, and its reply if every frame of it is whole. */
export async function askOnce(
  transport: Transport,
  asked: Pick<Query, 'script'>,
  { as, data, limits = usualLimits }: Way,
): Promise<Reply> {
  const nonce = randomBytes(16).toString('hex');
  const isSimulated = transport.isSimulated === true;
  const stdin =
    as === 'helper' ? `${nonce}\n` : composeScript({ script: asked.script, nonce, data, isSimulated });
  const ran = await transport.run(Buffer.from(stdin), as, limits);
  return replyOf(ran, { asked, nonce, as, transport });
}

interface Asked {
  readonly asked: Pick<Query, 'script'>;
  readonly nonce: string;
  readonly as: RunAs;
  readonly transport: Transport;
}

function replyOf(ran: Ran, { asked, nonce, as, transport }: Asked): Reply {
  const reading = readFrames(ran.stdout, nonce);
  const talk = talkOf(ran.stderr, nonce);
  const { user } = transport.facts;
  switch (reading.state) {
    case 'not-started':
      throw new ReachError(whyNotStarted(ran, as, user));
    case 'lacks':
      throw new ReachError({
        code: 'no-program',
        message: `the node has no ${reading.program}, which every reply needs`,
        hint: 'install coreutils there, or put the program where the PATH of the script has it',
        retryable: false,
      });
    case 'garbled':
      throw new ReachError(garbled(reading.fault, ran, talk));
    case 'whole':
      break;
  }
  if (reading.scriptId !== scriptId(asked.script)) throw new ReachError(outdatedHelper);
  if (as !== 'login' && reading.uid !== 0) {
    throw new ReachError({
      code: 'not-root',
      message: `the script ran as uid ${reading.uid}, not as root`,
      hint: 'log in as root, or as a user who may use sudo, without --become none',
      retryable: false,
    });
  }
  if (reading.status > 128) {
    throw new ReachError({
      code: 'failed',
      message: `signal ${reading.status - 128} ended the script on the node${lastWords(talk)}`,
      hint: 'look at the memory and the limits of the node, then try again',
      retryable: true,
    });
  }
  return { frames: reading.frames, talk };
}

function garbled(fault: string, ran: Ran, talk: string): ReachTrouble {
  const ended = ran.exitCode === undefined ? `signal ${ran.signal ?? '?'}` : `exit status ${ran.exitCode}`;
  return {
    code: 'garbled',
    message: `the reply cannot be trusted: ${fault} (${ended})${lastWords(talk)}`,
    hint: 'try again; if it stays, --transport openssh shows whether the connection or the node spoils it',
    retryable: true,
  };
}

function lastWords(talk: string): string {
  const [last] = talk.trim().split('\n').slice(-1);
  return last ? `: ${last.slice(0, 200)}` : '';
}

const outdatedHelper: ReachTrouble = {
  code: 'failed',
  message: 'the helper on the node is of another version, or made for another question',
  hint: 'install the one that this version prints: fix-sans inspect --print-helper',
  retryable: false,
};
