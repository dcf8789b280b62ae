/** The question before anything is changed; the default is no, and Ctrl-C ends it at once. */
import { asker } from './ask.ts';
import type { Io } from './io.ts';

export async function isConfirmedBy(
  io: Io,
  question: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  signal?.throwIfAborted();
  const stopped = new Promise<never>((_, reject) => {
    signal?.addEventListener(
      'abort',
      () => reject(signal.reason instanceof Error ? signal.reason : new Error('stopped')),
      { once: true },
    );
  });
  // It may be stopped long after it was answered.
  stopped.catch(() => undefined);
  // An input that ends has said nothing either way.
  const answered = asker(io)(`${question} [y/N] `).catch(() => '');
  const answer = await Promise.race([answered, stopped]);
  return /^\s*y(?:es)?\s*$/i.test(answer);
}
