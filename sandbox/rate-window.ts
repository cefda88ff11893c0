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
  #used = 0;
  #endsAtMs = Number.NEGATIVE_INFINITY;

  takeOne({ limit, perMs }: Rate, nowMs: number) {
    if (nowMs >= this.#endsAtMs) {
      this.#used = 0;
      this.#endsAtMs = nowMs + perMs;
    }
    const isOver = this.#used >= limit;
    if (!isOver) this.#used++;
    return {
      remaining: limit - this.#used,
      resetAfterMs: this.#endsAtMs - nowMs,
      isOver,
    };
  }
}
