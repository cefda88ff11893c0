import type { EndOfTurn } from './end-of-turn.ts';
import { enough, leaning, noEndings, type SpeakerHabits, unknownHabit } from './pause-habits.ts';

export type EndpointingDelayRules = {
  /** Without a text while packets still flow. */
  readonly textlessDelayMs: number;
  /** Without a text when the client has stopped sending. */
  readonly textlessClosedDelayMs: number;
  /** Longest wait for a text. 0 if no recogniser is asked, or its text is not waited for. */
  readonly textTimeoutMs: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** A preemptive answer may begin this long before a sure end. */
  readonly preemptiveLeadMs: number;
  /** The same without a text. A recogniser that is asked in a pause needs about 120 ms. */
  readonly textlessPreemptiveLeadMs: number;
  /** Lag of voice activity detection behind the voice (Silero v5: 82 ms at p50), subtracted from the delay. */
  readonly voiceActivityLagMs: number;
};

export const endpointingDelayRules: EndpointingDelayRules = {
  textlessDelayMs: 500,
  textlessClosedDelayMs: 300,
  textTimeoutMs: 0,
  minDelayMs: 150,
  maxDelayMs: 1200,
  preemptiveLeadMs: 400,
  textlessPreemptiveLeadMs: 120,
  voiceActivityLagMs: 50,
};

export type PauseSigns = {
  /** The client sent silence frames, or no packets. */
  readonly closed: boolean;
  /** Only Silero knows the end of the voice, and notices it late. */
  readonly lags: boolean;
  /** The words up to this pause have not come yet. */
  readonly textless: boolean;
  readonly reading?: EndOfTurn;
};

type EndpointingDelay = { readonly delayMs: number; readonly preemptiveLeadMs: number };

/** Delays by the logit that the person has finished, interpolated. */
const delaysByLogit = [
  [-3, 1200],
  [-2, 950],
  [-1, 700],
  [0, 480],
  [0.4, 420],
  [0.8, 370],
  [1.6, 310],
  [3, 270],
] as const;

/** Below the first logit an answer begins only at the end, from the second on with the full lead. */
const sureEnough = [0, 0.3] as const;

/** A person's slower pauses take one logit for each 500 ms. */
const slownessPerLogitMs = 500;

export function endpointingDelay(
  { closed, lags, textless, reading }: PauseSigns,
  rules: EndpointingDelayRules,
  person: SpeakerHabits,
): EndpointingDelay {
  const { pauses, typicalMs } = person.habit ?? unknownHabit;
  const slowMs = ((typicalMs - unknownHabit.typicalMs) * pauses) / enough; // Less while little is known.
  if (!reading) {
    const usualMs =
      (closed ? rules.textlessClosedDelayMs : rules.textlessDelayMs) + clamp(slowMs / 2, -50, 200);
    const dueMs = textless ? rules.textTimeoutMs : 0;
    const aheadMs = dueMs > 0 ? 0 : rules.textlessPreemptiveLeadMs;
    return { delayMs: within(Math.max(usualMs, dueMs), rules), preemptiveLeadMs: aheadMs };
  }
  const completeLogit =
    reading.completeLogit +
    leaning(person.endings ?? noEndings, reading.lastWord) -
    clamp(slowMs / slownessPerLogitMs, -0.4, 0.8);
  const delayMs = between(completeLogit) - (lags ? rules.voiceActivityLagMs : 0);
  const [from, to] = sureEnough;
  const sure = clamp((completeLogit - from) / (to - from), 0, 1);
  return { delayMs: within(delayMs, rules), preemptiveLeadMs: rules.preemptiveLeadMs * sure };
}

function between(completeLogit: number): number {
  let [fromLogit, fromMs]: readonly [number, number] = delaysByLogit[0];
  if (completeLogit <= fromLogit) return fromMs;
  for (const [toLogit, toMs] of delaysByLogit) {
    if (completeLogit <= toLogit) {
      const share = toLogit === fromLogit ? 1 : (completeLogit - fromLogit) / (toLogit - fromLogit);
      return fromMs + (toMs - fromMs) * share;
    }
    [fromLogit, fromMs] = [toLogit, toMs];
  }
  return fromMs;
}

function within(delayMs: number, rules: EndpointingDelayRules): number {
  return clamp(delayMs, rules.minDelayMs, rules.maxDelayMs);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
