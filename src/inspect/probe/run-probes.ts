/** Makes planned probes, so many at a time and all before one deadline; more may be added while the first are under way. */
import type { Certificate } from '../../model/certificate.ts';
import type { Probe } from '../../model/probe.ts';
import type { Dial } from './connect.ts';
import { probe } from './handshake.ts';
import { type PlannedProbe, probeKey } from './plan-probes.ts';
import { authority } from './ground.ts';

export interface ProbeRun {
  /**
   * Of these, what was not added before. `dialers`: NodeReader.dial by node, for those that go through one. `ca`: the cluster's, where it
   * became known only now; without it no API server is asked how it is.
   */
  add(planned: readonly PlannedProbe[], more?: MoreKnown): void;
  /** All of them, in the order in which they were added. Nothing can be added any more. Never rejects. */
  finish(): Promise<readonly Probe[]>;
}

export interface MoreKnown {
  readonly dialers?: ReadonlyMap<string, Dial>;
  readonly ca?: readonly Certificate[];
}

export interface ProbeRunOptions {
  readonly ca?: readonly Certificate[];
  readonly proxyRoots?: readonly string[];
  readonly timeoutMs?: number;
  /** From the start of the run; a probe that had no turn by then is reported as one that was not made. */
  readonly deadlineMs?: number;
  readonly atOnce?: number;
  readonly now?: () => Date;
  readonly signal?: AbortSignal;
}

interface Turn {
  readonly planned: PlannedProbe;
  readonly dial?: Dial;
  readonly ca?: readonly Certificate[] | undefined;
  readonly done: (seen: Probe) => void;
}

/** A handshake is a burst of CPU on one thread, and an API server's first packets are small: more at once gains nothing. */
const usualAtOnce = 16;
/** With less time than this a failure would say nothing about the endpoint. */
const leastMs = 100;

export function startProbes(options: ProbeRunOptions = {}): ProbeRun {
  const { timeoutMs = 10_000, deadlineMs = 60_000, atOnce = usualAtOnce, now = () => new Date() } = options;
  const began = performance.now();
  const queue: Turn[] = [];
  const results: Promise<Probe>[] = [];
  const known = new Set<string>();
  let running = 0;
  let isFinishing = false;

  async function work(): Promise<void> {
    running += 1;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { planned, dial, ca, done } = next;
      const left = deadlineMs - (performance.now() - began);
      if (left < leastMs || options.signal?.aborted === true) done(notMade(planned, now()));
      else
        done(
          await probe({
            ...planned,
            timeoutMs: Math.min(timeoutMs, left),
            now,
            ...(dial === undefined ? {} : { dial }),
            ...(ca === undefined ? {} : { ca }),
            ...(options.proxyRoots === undefined ? {} : { proxyRoots: options.proxyRoots }),
            ...(options.signal === undefined ? {} : { signal: options.signal }),
          }),
        );
    }
    running -= 1;
  }

  return {
    add(planned, { dialers = new Map(), ca = options.ca } = {}) {
      if (isFinishing) throw new Error('the run of probes is being finished');
      for (const one of planned) {
        const key = probeKey(one);
        const dial = dialers.get(one.from);
        // Without its node it would be a look from here under another name.
        if (known.has(key) || (one.way === 'ssh' && dial === undefined)) continue;
        known.add(key);
        const turn = one.way === 'ssh' && dial !== undefined ? { planned: one, dial } : { planned: one };
        results.push(new Promise((done) => queue.push({ ...turn, ca, done })));
      }
      while (running < Math.min(atOnce, running + queue.length)) void work();
    },
    finish() {
      isFinishing = true;
      return Promise.all(results);
    },
  };
}

function notMade({ way, from, host, port, serverName, proxy }: PlannedProbe, now: Date): Probe {
  return {
    from,
    way,
    ...(proxy === undefined ? {} : { proxy: authority(proxy.host, proxy.port) }),
    host,
    port,
    ...(serverName === undefined ? {} : { serverName }),
    at: `${now.toISOString().slice(0, 19)}Z`,
    milliseconds: 0,
    result: { state: 'failed', trouble: 'timeout', detail: 'not made: the time for all probes was up' },
  };
}
