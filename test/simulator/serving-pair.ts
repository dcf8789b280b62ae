/** A pair on disk as kube-apiserver serves it: watched, taken when key and certificate match, kept when they do not. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';

export interface Pair {
  readonly key: string;
  readonly cert: string;
}

export interface ServingPair {
  readonly current: Pair;
  /** While frozen it keeps what it has, as a server of before dynamic reloading does; afterwards it looks at once. */
  setFrozen(isFrozen: boolean): void;
  /** As a process that is started anew: it reads its files, frozen or not, and throws where they do not belong together. */
  restart(): void;
  stop(): void;
}

/** Of a pair that cannot be loaded: 5 ms, then twice as long each time, as client-go's work queues do. */
const firstRetry = 5;
/** Of a watch that was lost with its file. */
const rewatch = 60_000;

/**
 * Each of the two files is watched, not their folder: a file renamed over ends the watch and starts a new one at once; one
 * that is gone when its watch ends is only looked for again after a minute, or when a failed load is tried again.
 * https://github.com/kubernetes/apiserver/blob/v0.34.4/pkg/server/dynamiccertificates/dynamic_serving_content.go
 */
export function watchServingPair(base: string, taken: (pair: Pair) => void): ServingPair {
  const files = { cert: `${base}.crt`, key: `${base}.key` };
  const watchers = new Map<string, FSWatcher>();
  const timers = new Set<NodeJS.Timeout>();
  let current = load(files);
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let isFrozen = false;

  function later(milliseconds: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, milliseconds).unref();
    timers.add(timer);
    return timer;
  }

  function check(): void {
    if (isFrozen) return;
    try {
      const pair = load(files);
      failures = 0;
      if (pair.cert === current.cert && pair.key === current.key) return;
      current = pair;
      taken(pair);
    } catch {
      if (retry !== undefined && timers.has(retry)) return;
      retry = later(Math.min(firstRetry * 2 ** failures, rewatch), check);
      failures += 1;
    }
  }

  function forget(): void {
    for (const watcher of watchers.values()) watcher.close();
    watchers.clear();
  }

  function add(file: string): void {
    watchers.get(file)?.close();
    const watcher = watch(file, { persistent: false });
    watchers.set(file, watcher);
    watcher.on('error', () => {});
    watcher.on('change', (event) => {
      try {
        // Removed or renamed: whatever has the name now is watched.
        if (event === 'rename') add(file);
      } catch {
        forget();
        later(rewatch, start);
      }
      check();
    });
  }

  function start(): void {
    try {
      for (const file of Object.values(files)) add(file);
    } catch {
      forget();
      later(rewatch, start);
    }
    check();
  }

  start();
  return {
    get current() {
      return current;
    },
    setFrozen: (wanted) => {
      isFrozen = wanted;
      if (!wanted) start();
    },
    restart: () => {
      const pair = load(files);
      forget();
      current = pair;
      taken(pair);
      start();
    },
    stop: () => {
      forget();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Throws when one is missing or empty, or when they do not belong together. */
function load(files: { readonly cert: string; readonly key: string }): Pair {
  const pair = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
  if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))) {
    throw new Error('tls: private key does not match public key');
  }
  return pair;
}
