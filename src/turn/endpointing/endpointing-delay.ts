import type { EndOfTurn } from './end-of-turn.ts';
import { type Endings, leaning, noEndings } from './endings.ts';
import { type PauseHabit, slownessMs, unknownHabit } from './habit.ts';

/** Delays in ms between the last voice of an utterance and its end. */
export type EndpointingDelayRules = {
  /** Delay without any text while packets still flow. */
  readonly textlessDelayMs: number;
  /** Delay without any text when the person's client has stopped sending. */
  readonly textlessClosedDelayMs: number;
  /** Longest wait for a text before its absence decides, in ms; 0 where no recogniser is asked, or its text is not waited for. */
  readonly textTimeoutMs: number;
  /** Shortest delay. */
  readonly minDelayMs: number;
  /** Longest delay. */
  readonly maxDelayMs: number;
  /** Time before the end from which a preemptive answer may be begun, if the end is sure enough. */
  readonly preemptiveLeadMs: number;
  /** The same lead without any text: short, as a recogniser that is asked in a pause needs about 120 ms. */
  readonly textlessPreemptiveLeadMs: number;
  /** Lag of voice activity behind the end of a voice without a known level, subtracted from the delay (silero v5: 82 ms p50). */
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

/** Facts known in a pause. */
export type PauseSigns = {
  /** The microphone closed: silence frames, or no packets at all. */
  readonly closed: boolean;
  /** Whether only silero knows the end of the voice, which it notices late. */
  readonly lags: boolean;
  /** The words up to this pause have not come yet. */
  readonly textless: boolean;
  readonly reading?: EndOfTurn;
};

/** Learned habits of the speaker. */
export type SpeakerHabits = {
  readonly habit?: PauseHabit;
  readonly endings?: Endings;
};

/** Delay from the last voice to the end, and how long before that end a preemptive answer may be begun. */
export type EndpointingDelay = { readonly delayMs: number; readonly preemptiveLeadMs: number };

/** Delays by the logit that the person has finished; straight lines between. */
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

/** Limits of certainty: below the first an answer is begun at the end only, from the second on at full length. */
const sureEnough = [0, 0.3] as const;

/** Pause in ms beyond a person's usual that takes one unit of logit from the end of turn. */
const slownessPerLogitMs = 500;

/** The delay that fits all signs, always within `minDelayMs` and `maxDelayMs`. */
export function endpointingDelay(
  { closed, lags, textless, reading }: PauseSigns,
  rules: EndpointingDelayRules,
  person: SpeakerHabits,
): EndpointingDelay {
  const slowMs = slownessMs(person.habit ?? unknownHabit);
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
