/** Length of one person's pauses inside sentences, learned as they talk. */
export type PauseHabit = {
  /** Pauses learned from, as far as it matters. */
  readonly pauses: number;
  /** Four of five of their pauses are shorter. */
  readonly typicalMs: number;
};

export const unknownHabit: PauseHabit = { pauses: 0, typicalMs: 450 };

const shortestMs = 80;
const longestMs = 2000;
/** Largest step of the estimate for one pause, in ms: a quantile followed by steps, not a mean. */
const stepMs = 100;
const quantile = 0.8;
const enough = 6;

/**
 * Learns a pause: after every `resumed`, and after speech that resumed within the merge time. Shorter is no pause, longer
 * no habit.
 */
export function learnPause(habit: PauseHabit, pausedMs: number): PauseHabit {
  if (!(pausedMs >= shortestMs && pausedMs <= longestMs)) return habit;
  const moveMs = pausedMs > habit.typicalMs ? stepMs * quantile : -stepMs * (1 - quantile);
  return {
    pauses: Math.min(enough, habit.pauses + 1),
    typicalMs: Math.min(longestMs, Math.max(shortestMs, habit.typicalMs + moveMs)),
  };
}

/** Length of this person's pauses beyond the usual, in milliseconds; less while little is known. */
export function slownessMs({ pauses, typicalMs }: PauseHabit): number {
  return ((typicalMs - unknownHabit.typicalMs) * pauses) / enough;
}
