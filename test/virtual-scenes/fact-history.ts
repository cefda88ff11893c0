/**
 * A fact of the world and its former values, so that a judge can ask for any instant.
 *
 * @example
 * import { FactHistory } from '#test/virtual-scenes/fact-history.ts';
 *
 * const seat = new FactHistory<string | undefined>(undefined);
 * seat.set(500, 'Lounge');
 * seat.getAt(499); // undefined
 * seat.getAt(500); // 'Lounge'
 */
export class FactHistory<Value> {
  readonly #values: { readonly atMs: number; readonly value: Value }[];

  constructor(first: Value) {
    this.#values = [{ atMs: Number.NEGATIVE_INFINITY, value: first }];
  }

  /** The value from `atMs` on, which is no earlier than that of the former call. */
  set(atMs: number, value: Value): void {
    this.#values.push({ atMs, value });
  }

  /** The present value. */
  get last(): Value {
    return this.getAt(Number.POSITIVE_INFINITY);
  }

  /** The value at an instant. */
  getAt(atMs: number): Value {
    return this.#find(atMs).value;
  }

  /** Instant from which the value of `atMs` holds. */
  getSinceMs(atMs: number): number {
    return this.#find(atMs).atMs;
  }

  /** Values that held between two instants, ends included. */
  listBetween(fromMs: number, toMs: number): readonly Value[] {
    const later = this.#values.filter(
      (entry) => entry.atMs > fromMs && entry.atMs <= toMs,
    );
    return [this.getAt(fromMs), ...later.map(({ value }) => value)];
  }

  #find(atMs: number) {
    const match = this.#values.findLast((entry) => entry.atMs <= atMs);
    if (!match) throw new Error('A fact has a first value.');
    return match;
  }
}
