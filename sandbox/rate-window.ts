/** Most uses within a time. */
export type Rate = { readonly limit: number; readonly perMs: number };
export type RateState = {
  readonly remaining: number;
  /** Time until all uses are free again. */
  readonly resetAfterMs: number;
  /** The use was one too many, and does not count. */
  readonly isOver: boolean;
};

export type RateWindow = ReturnType<typeof createRateWindow>;

/** Counts uses, window by window. A window begins with its first use. */
export function createRateWindow() {
  let used = 0;
  let endsAtMs = Number.NEGATIVE_INFINITY;

  return {
    takeOne({ limit, perMs }: Rate, nowMs: number) {
      if (nowMs >= endsAtMs) {
        used = 0;
        endsAtMs = nowMs + perMs;
      }
      const isOver = used >= limit;
      if (!isOver) used++;
      return {
        remaining: limit - used,
        resetAfterMs: endsAtMs - nowMs,
        isOver,
      };
    },
  };
}
