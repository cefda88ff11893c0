/** Most uses within a time. */
export type Rate = { readonly limit: number; readonly perMs: number };
export type RateState = {
  readonly remaining: number;
  /** Time until all uses are free again. */
  readonly resetAfterMs: number;
  /** The use was one too many, and does not count. */
  readonly isOver: boolean;
};

/** Counts uses, window by window. A window begins with its first use. */
export class RateWindow {
  #usedCount = 0;
  #endsAtMs = Number.NEGATIVE_INFINITY;

  /** Counts one use at `nowMs`, unless the window has no use left. */
  takeOne({ limit, perMs }: Rate, nowMs: number): RateState {
    if (nowMs >= this.#endsAtMs) {
      this.#usedCount = 0;
      this.#endsAtMs = nowMs + perMs;
    }
    const isOver = this.#usedCount >= limit;
    if (!isOver) this.#usedCount++;
    return {
      remaining: limit - this.#usedCount,
      resetAfterMs: this.#endsAtMs - nowMs,
      isOver,
    };
  }
}
