import type { Clock } from '#src/base/clock.ts';

/** Waits for `work`, but throws what `late` makes once `ms` have passed; the work itself is not stopped. */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  late: () => Error,
): Promise<T> {
  const settled = new AbortController();
  const deadline = clock.sleep(ms, settled.signal).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    settled.abort();
  }
}
