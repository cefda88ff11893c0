import type { Clock } from '#src/base/clock.ts';

/** Why the first source is stopped: the standby had output first. */
export class Outrun extends Error {}

const notNeeded = new Error('the request is over');

export type StandbyRules<T> = {
  /** Time in ms without output after which the standby is opened. */
  readonly afterMs: number;
  readonly clock: Clock;
  readonly isOutput: (part: T) => boolean;
};

/** Opens a source that ends when `signal` is aborted. */
type OpenSource<T> = (signal: AbortSignal) => AsyncGenerator<T>;

/** A source up to its first output. */
type Head<T> =
  | { readonly kind: 'begun' | 'over'; readonly source: Source<T>; readonly parts: readonly T[] }
  | { readonly kind: 'failed'; readonly source: Source<T>; readonly error: unknown };

type Source<T> = { readonly parts: AsyncGenerator<T>; readonly hangUp: AbortController };

/**
 * Parts of the first source, or of a standby that is opened while the first is late: the first output wins.
 *
 * A first source that is late for good is aborted with `Outrun`. A source that fails before its output leaves the answer
 * to the other one; where both do, the error is that of the one that failed last. Aborting `signal` throws
 * `signal.reason`.
 */
export async function* withStandby<T>(
  first: OpenSource<T>,
  standby: OpenSource<T>,
  { afterMs, clock, isOutput }: StandbyRules<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const sources: Source<T>[] = [];
  const open = (opener: OpenSource<T>): Promise<Head<T>> => {
    const hangUp = new AbortController();
    const source = { parts: opener(AbortSignal.any([signal, hangUp.signal])), hangUp };
    sources.push(source);
    return headOf(source, isOutput);
  };
  let chosen: Source<T> | undefined;
  try {
    const leading = open(first);
    const head = (await orLate(leading, afterMs, clock)) ?? (await better(leading, open(standby)));
    if (head.kind === 'failed') throw head.error;
    chosen = head.source;
    const isOutrun = chosen !== sources[0];
    for (const other of sources)
      if (other !== chosen) other.hangUp.abort(isOutrun ? new Outrun() : notNeeded);
    yield* head.parts;
    if (head.kind === 'begun') yield* chosen.parts;
  } finally {
    for (const { hangUp } of sources) hangUp.abort(notNeeded);
    await chosen?.parts.return(undefined);
  }
}

async function headOf<T>(source: Source<T>, isOutput: (part: T) => boolean): Promise<Head<T>> {
  const parts: T[] = [];
  try {
    for (;;) {
      const { done, value } = await source.parts.next();
      if (done) return { kind: 'over', source, parts };
      parts.push(value);
      if (isOutput(value)) return { kind: 'begun', source, parts };
    }
  } catch (error) {
    return { kind: 'failed', source, error };
  }
}

/** Undefined where the time is up first. */
async function orLate<T>(
  head: Promise<Head<T>>,
  afterMs: number,
  clock: Clock,
): Promise<Head<T> | undefined> {
  const over = new AbortController();
  const late = clock.sleep(afterMs, over.signal).then(
    () => undefined,
    () => undefined,
  );
  try {
    return await Promise.race([head, late]);
  } finally {
    over.abort(new Error('waited for enough'));
  }
}

/** The first head that is no failure, else the last failure. */
async function better<T>(one: Promise<Head<T>>, other: Promise<Head<T>>): Promise<Head<T>> {
  const [head, rest] = await Promise.race([
    one.then((made) => [made, other] as const),
    other.then((made) => [made, one] as const),
  ]);
  return head.kind === 'failed' ? await rest : head;
}
