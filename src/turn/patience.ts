import { type Endings, leaning, noEndings } from './endings.ts';
import { type PauseHabit, slownessMs, unknownHabit } from './habit.ts';
import type { Reading } from './understood.ts';

/** How long to wait after the last voice. */
export type WaitRules = {
  /** Without any text, packets still flowing. */
  readonly quietMs: number;
  /** The same when the person's client stopped sending. */
  readonly muteMs: number;
  /** A text is awaited so long before its absence decides: 0 where no recogniser is asked, or nobody waits for it. */
  readonly textDueMs: number;
  /** No wait is shorter. */
  readonly leastMs: number;
  /** No wait is longer. */
  readonly mostMs: number;
  /** An answer may be prepared for so long before the end, if that is sure enough. */
  readonly aheadMs: number;
  /** The same without any text: short, as a recogniser that is asked in a pause needs about 120 ms. */
  readonly textlessAheadMs: number;
  /** Where no level tells, a voice is noticed to stop so late (silero v5: 82 ms p50), so its wait is that much shorter. */
  readonly lagMs: number;
};

export const waitRules: WaitRules = {
  quietMs: 500,
  muteMs: 300,
  textDueMs: 0,
  leastMs: 150,
  mostMs: 1200,
  aheadMs: 400,
  textlessAheadMs: 120,
  lagMs: 50,
};

/** What is known in a pause. */
export type Signs = {
  /** The microphone closed: silence frames, or no packets at all. */
  readonly closed: boolean;
  /** Nothing but silero told when the voice stopped, which it does late. */
  readonly lags: boolean;
  /** The words up to this pause have not come yet. */
  readonly textless: boolean;
  readonly reading?: Reading | undefined;
};

/** What was learned about the one who talks. */
export type Person = {
  readonly habit?: PauseHabit;
  readonly endings?: Endings;
};

/** From the last voice to the end, and from when before that end an answer may be prepared. */
export type Wait = { readonly waitMs: number; readonly aheadMs: number };

/** Waits by the logit that the person has finished; straight lines between. */
const waitsByOver = [
  [-3, 1200],
  [-2, 950],
  [-1, 700],
  [0, 480],
  [0.4, 420],
  [0.8, 370],
  [1.6, 310],
  [3, 270],
] as const;

/** Below the first an answer is begun at the end only, from the second on at full length. */
const sureEnough = [0, 0.3] as const;

/** A person who pauses so much longer than usual halves the odds and more: one unit of logit. */
const slownessPerLogitMs = 500;

/** The wait that fits all signs, always within `leastMs` and `mostMs`. */
export function waitFor(
  { closed, lags, textless, reading }: Signs,
  rules: WaitRules,
  person: Person,
): Wait {
  const slowMs = slownessMs(person.habit ?? unknownHabit);
  if (!reading) {
    const usualMs = (closed ? rules.muteMs : rules.quietMs) + clamp(slowMs / 2, -50, 200);
    const dueMs = textless ? rules.textDueMs : 0;
    const aheadMs = dueMs > 0 ? 0 : rules.textlessAheadMs;
    return { waitMs: within(Math.max(usualMs, dueMs), rules), aheadMs };
  }
  const over =
    reading.over +
    leaning(person.endings ?? noEndings, reading.lastWord) -
    clamp(slowMs / slownessPerLogitMs, -0.4, 0.8);
  const waitMs = between(over) - (lags ? rules.lagMs : 0);
  const [from, to] = sureEnough;
  const sure = clamp((over - from) / (to - from), 0, 1);
  return { waitMs: within(waitMs, rules), aheadMs: rules.aheadMs * sure };
}

function between(over: number): number {
  let [fromOver, fromMs]: readonly [number, number] = waitsByOver[0];
  if (over <= fromOver) return fromMs;
  for (const [toOver, toMs] of waitsByOver) {
    if (over <= toOver) {
      const share = toOver === fromOver ? 1 : (over - fromOver) / (toOver - fromOver);
      return fromMs + (toMs - fromMs) * share;
    }
    [fromOver, fromMs] = [toOver, toMs];
  }
  return fromMs;
}

function within(waitMs: number, rules: WaitRules): number {
  return clamp(waitMs, rules.leastMs, rules.mostMs);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
