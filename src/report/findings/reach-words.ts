/** The words for what could not be read: a node, the API, a part of either. */
import { join, listed, plain, said } from '../page.ts';
import type { Vocabulary } from './words.ts';

type ReachCodes = 'api-unread' | 'not-read' | 'partly-read' | 'host-key-added';

export const reachWords: Vocabulary<ReachCodes> = {
  'api-unread': ({ what, why }) => ({
    head: join(plain('the API did not tell '), listed(what)),
    evidence: [said`${why}`],
    todo: plain(
      'what depends on it is unknown here, not absent; the manifest and the certificates had to do',
    ),
  }),
  'not-read': ({ message, hint }, node) => ({
    head: said`${node} could not be read: ${message}`,
    evidence: [],
    todo: said`${hint}`,
  }),
  'partly-read': ({ what, why }, node) => ({
    head: said`on ${node} ${what} could not be read`,
    evidence: [said`${why}`],
    todo: plain('what depends on it is unknown here, not absent'),
  }),
  'host-key-added': ({ fingerprint }, node) => ({
    head: said`the host key of ${node} was unknown and has been added: ${fingerprint}`,
    evidence: [],
    todo: plain(
      'compare the fingerprint with the one on the node: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
    ),
  }),
};
