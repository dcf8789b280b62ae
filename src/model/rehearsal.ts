/** What a node's own kubeadm made of a plan, in a folder that is gone: before anything is changed. */
import type { Certificate } from './certificate.ts';

export type Rehearsed =
  | {
      readonly state: 'signed';
      readonly certificate: Certificate;
      /** SHA-256 of the public half of the key that was made. */
      readonly keyFingerprint: string;
      /** Live files of which something changed meanwhile; must be none. */
      readonly touched: readonly string[];
      /** The folder, if it could not be taken away. */
      readonly left?: string;
    }
  | { readonly state: 'failed'; readonly why: string };
