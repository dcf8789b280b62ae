/** A running pod with a network of its own, as its node sees it: the place to look at the API from, as pods do. */

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  /** A process in it, for /proc/<pid>/ns/net. */
  readonly pid: number;
  readonly serviceHost?: string;
  readonly servicePort?: string;
}
