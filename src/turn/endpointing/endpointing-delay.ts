import type { EndOfTurn } from './end-of-turn.ts';
import {
  getEndingLogit,
  maxCountedPauses,
  noEndings,
  type SpeakerHabits,
  unknownHabit,
} from './pause-habits.ts';

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
  readonly isClosed: boolean;
  /** Only Silero knows the end of the voice, and notices it late. */
  readonly isLagging: boolean;
  /** The words up to this pause have not come yet. */
  readonly isTextless: boolean;
  readonly endOfTurn?: EndOfTurn;
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
const preemptiveLogits = [0, 0.3] as const;

/** A person's slower pauses take one logit for each 500 ms. */
const slownessPerLogitMs = 500;

export function decideEndpointingDelay(
  { isClosed, isLagging, isTextless, endOfTurn }: PauseSigns,
  rules: EndpointingDelayRules,
  person: SpeakerHabits,
): EndpointingDelay {
  const { pauses, typicalMs } = person.habit ?? unknownHabit;
  const slowMs = ((typicalMs - unknownHabit.typicalMs) * pauses) / maxCountedPauses; // Less while little is known.
  if (!endOfTurn) {
    const usualMs =
      (isClosed ? rules.textlessClosedDelayMs : rules.textlessDelayMs) +
      clampNumber(slowMs / 2, -50, 200);
    const dueMs = isTextless ? rules.textTimeoutMs : 0;
    const aheadMs = dueMs > 0 ? 0 : rules.textlessPreemptiveLeadMs;
    return { delayMs: clampDelay(Math.max(usualMs, dueMs), rules), preemptiveLeadMs: aheadMs };
  }
  const completeLogit =
    endOfTurn.completeLogit +
    getEndingLogit(person.endings ?? noEndings, endOfTurn.lastWord) -
    clampNumber(slowMs / slownessPerLogitMs, -0.4, 0.8);
  const delayMs = interpolateDelay(completeLogit) - (isLagging ? rules.voiceActivityLagMs : 0);
  const [from, to] = preemptiveLogits;
  const sure = clampNumber((completeLogit - from) / (to - from), 0, 1);
  return { delayMs: clampDelay(delayMs, rules), preemptiveLeadMs: rules.preemptiveLeadMs * sure };
}

function interpolateDelay(completeLogit: number): number {
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

function clampDelay(delayMs: number, rules: EndpointingDelayRules): number {
  return clampNumber(delayMs, rules.minDelayMs, rules.maxDelayMs);
}

function clampNumber(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
