/** A clock for one login that stands still while a person is being asked. */

export interface Deadline {
  /** Rejects when time is up. */
  readonly over: Promise<never>;
  /** Begins anew, for the next part of the login. */
  restart(): void;
  pause<T>(while_: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** A person who has gone away does not hold the connection for ever; sshd's own patience is two minutes (LoginGraceTime). */
const longestPauseMs = 150_000;

export function startDeadline(ms: number, why: () => Error): Deadline {
  let timer: NodeJS.Timeout | undefined;
  const ended = new AbortController();
  const over = new Promise<never>((_, reject) => {
    ended.signal.addEventListener('abort', () => reject(ended.signal.reason as Error));
  });
  over.catch(() => undefined);
  let isStopped = false;
  const start = (after: number): void => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => ended.abort(why()), after);
  };
  start(ms);
  return {
    over,
    restart: () => start(ms),
    async pause(while_) {
      start(longestPauseMs);
      try {
        return await while_();
      } finally {
        start(ms);
      }
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
