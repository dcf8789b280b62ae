/** What inspection holds of a node: it can ask, and nothing else. There is no way from here to a change. */
import type { Duplex } from 'node:stream';
import type { ClusterNode } from '../model/node.ts';
import type { ConnectionFacts, Limits } from './transport.ts';

declare const readsOnly: unique symbol;

/**
 * A shell script that changes nothing. Constant text: `inspect --show-commands` prints all of them and a test runs them under
 * strace. Only src/inspect/ makes them.
 */
export interface Query {
  readonly [readsOnly]: true;
  readonly name: string;
  /**
   * POSIX sh; every path of the node starts with "$ROOT". Answers by `frame NAME < bytes`, `say NAME TEXT` or
   * `frame_file NAME PATH`, whose failure is a frame NAME.fault: absent, dangling-link, not-a-file, unreadable, too-large or
   * read-error. NAME is made of A-Z a-z 0-9 . _ -; frames are sent one after the other, never from the background. What
   * programs print on stdout goes to the talk; stdin is /dev/null; names that start with _ and descriptor 9 are taken. Bound
   * by `timeout` what may hang: nobody ends it from outside.
   */
  readonly script: string;
}

export function query(name: string, script: string): Query {
  return { name, script } as Query;
}

/** What came back: the frames in order, each checked for length and digest. A name may come more than once. */
export interface Reply {
  readonly frames: readonly Frame[];
  /** What the script said on stderr, without what banners and profiles say. */
  readonly talk: string;
}

export interface Frame {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface NodeReader extends AsyncDisposable {
  readonly node: ClusterNode;
  readonly connection: ConnectionFacts;
  /**
   * One exec. `data` reaches the script as the shell variables DATA_<name>, decoded from base64 lines of stdin.
   * Rejects with ReachError.
   */
  query(asked: Query, data?: Readonly<Record<string, string>>, limits?: Partial<Limits>): Promise<Reply>;
  readonly dial?: (host: string, port: number, timeoutMs: number) => Promise<Duplex>;
}
