/** Time, in ms, in which only two joins that nobody called for are made in a server. */
const windowMs = 15_000;
/** Time, in ms, for which the wish for a second one must hold: people who pass through are not run after. */
const settleMs = 1_200;

/**
 * When a join that nobody called for may be made, in ms of the same clock; `joinedAtMs` are those of before, oldest first,
 * `sinceMs` is when it was first wanted without a break.
 *
 * The first one is made at once. So 20 changes of channel in 10 s lead to three at most.
 */
export function uncalledJoinAtMs(joinedAtMs: readonly number[], sinceMs: number): number {
  const [before, last] = [joinedAtMs.at(-2), joinedAtMs.at(-1)];
  if (last === undefined || sinceMs - last >= windowMs) return sinceMs;
  const settledAtMs = sinceMs + settleMs;
  return before === undefined ? settledAtMs : Math.max(settledAtMs, before + windowMs);
}
