import type { EndOfTurn } from './end-of-turn.ts';
import {
  getEndingLogit,
  maxCountedPauses,
  noEndings,
  type SpeakerHabits,
  unknownHabit,
} from './pause-habits.ts';

/** The usual limits of the endpointing delay, in ms. */
export const endpointingDelayRules = {
  textless: {
    /** Without a text while packets still flow. */
    delayMs: 500,
    /** Without a text when the client has stopped sending. */
    closedDelayMs: 300,
    /** `preemptiveLeadMs` without a text. A recogniser that is asked in a pause needs about 120 ms. */
    preemptiveLeadMs: 120,
  },
  /** Longest wait for a text. 0 if no recogniser is asked, or its text is not waited for. */
  textTimeoutMs: 0,
  minDelayMs: 150,
  maxDelayMs: 1200,
  /** Longest delay with a judgement, up to which waits beyond those of an undecided pause grow evenly. */
  maxHeldDelayMs: 2000,
  /** Longest wait for the turn model, since the voice stopped. */
  turnModelTimeoutMs: 420,
  /** Longest wait for the chat model, since the voice stopped, where words and turn model are not sure of the end. */
  wordsJudgeTimeoutMs: 620,
  /** A preemptive answer may begin this long before a sure end. */
  preemptiveLeadMs: 400,
  /** Lag of voice activity detection behind the voice (Silero v5: 82 ms at p50), subtracted from the delay. */
  voiceActivityLagMs: 50,
};

export type EndpointingDelayRules = Readonly<typeof endpointingDelayRules>;

/** Question to the turn model in a pause, and its answer: the probability that the turn is over. */
export type TurnJudgement = {
  readonly askedAtMs: number;
  readonly isPending: boolean;
  /** Absent if it is not known yet, or never will be. */
  readonly probability?: number | undefined;
};

/** Question to the chat model about the words up to a pause, and its answer as a logit. */
export type WordsJudgement = {
  readonly question: number;
  readonly isPending: boolean;
  /** The answer is worth waiting for. */
  readonly isTrusted: boolean;
  readonly logit: number;
};

/** Takes a question or its answer. An answer to an earlier question changes nothing. */
export function updateWordsJudgement<T extends WordsJudgement>(
  latest: T | undefined,
  next: T,
): T | undefined {
  return next.isPending || latest?.question === next.question ? next : latest;
}

/** Signs in a pause by which the endpointing delay is decided. */
export type PauseSigns = {
  /** The client sent silence frames, or no packets. */
  readonly isClosed: boolean;
  /** Only Silero knows the end of the voice, and notices it late. */
  readonly isLagging: boolean;
  /** The words up to this pause have not come yet. */
  readonly isTextless: boolean;
  readonly endOfTurn?: EndOfTurn;
  readonly judgement?: TurnJudgement | undefined;
  readonly wordsJudgement?: WordsJudgement | undefined;
};

const undecidedDelayMs = 480;

/** Delays by the logit that the person has finished, interpolated. */
const delaysByLogit = [
  [-3, 1200],
  [-2, 950],
  [-1, 700],
  [0, undecidedDelayMs],
  [0.4, 420],
  [0.8, 370],
  [1.6, 310],
  [3, 270],
] as const;

/** Below the first logit an answer begins only at the end, from the second logit on with the full lead. */
const preemptiveLogits = [0, 0.3] as const;

/** A person's slower pauses take one logit for each 500 ms. */
const slownessPerLogitMs = 500;

/** Weight of the turn model's logit beside the logit of the words, and its limit: `npm run bench -- turns --human`. */
const [turnModelWeight, maxTurnModelLogit] = [0.7, 4];
const minProbability = 0.001;

/** A turn that ends sooner does not wait for the chat model's judgement of its words. */
const sureDelayMs = 310;

/** Decides the silence in ms that ends an utterance, and how long before that end a preemptive answer may begin. */
export function decideEndpointingDelay(
  signs: PauseSigns,
  rules: EndpointingDelayRules,
  person: SpeakerHabits,
): { readonly delayMs: number; readonly preemptiveLeadMs: number } {
  const delay = computeDelay(signs, rules, person);
  const { judgement, wordsJudgement } = signs;
  const isWordsJudgeDue =
    wordsJudgement?.isPending &&
    wordsJudgement.isTrusted &&
    delay.delayMs >= sureDelayMs;
  const dueMs = Math.max(
    judgement?.isPending ? rules.turnModelTimeoutMs : 0,
    isWordsJudgeDue ? rules.wordsJudgeTimeoutMs : 0,
  );
  return { ...delay, delayMs: Math.max(delay.delayMs, dueMs) };
}

function computeDelay(
  signs: PauseSigns,
  rules: EndpointingDelayRules,
  person: SpeakerHabits,
) {
  const { pauses, typicalMs } = person.habit ?? unknownHabit;
  const slowMs = ((typicalMs - unknownHabit.typicalMs) * pauses) / maxCountedPauses; // Less while little is known.
  if (!signs.endOfTurn) return computeTextlessDelay(signs, rules, slowMs);
  const { completeLogit, lastWord } = signs.endOfTurn;
  const judged = weighJudgement(signs);
  const leaningLogit = getEndingLogit(person.endings ?? noEndings, lastWord);
  const logit =
    completeLogit +
    leaningLogit +
    (judged ?? 0) +
    (signs.wordsJudgement?.logit ?? 0) -
    measureSlowness(slowMs);
  const isJudged = judged !== undefined || (signs.wordsJudgement?.logit ?? 0) !== 0;
  const maxMs = isJudged ? rules.maxHeldDelayMs : rules.maxDelayMs;
  const delayMs = toDelay(logit, signs, rules, maxMs);
  const [from, to] = preemptiveLogits;
  const sure = clampNumber((logit - from) / (to - from), 0, 1);
  return { delayMs, preemptiveLeadMs: rules.preemptiveLeadMs * sure };
}

function computeTextlessDelay(
  signs: PauseSigns,
  rules: EndpointingDelayRules,
  slowMs: number,
) {
  const { maxDelayMs, minDelayMs, textless } = rules;
  const judged = weighJudgement(signs);
  const usualMs = signs.isClosed ? textless.closedDelayMs : textless.delayMs;
  const ownMs =
    judged === undefined
      ? usualMs + clampNumber(slowMs / 2, -50, 200)
      : toDelay(judged - measureSlowness(slowMs), signs, rules);
  const dueMs = signs.isTextless ? rules.textTimeoutMs : 0;
  const aheadMs = dueMs > 0 ? 0 : textless.preemptiveLeadMs;
  return {
    delayMs: clampNumber(Math.max(ownMs, dueMs), minDelayMs, maxDelayMs),
    preemptiveLeadMs: aheadMs,
  };
}

/** Converts a person's slower pauses to a logit. */
function measureSlowness(slowMs: number) {
  return clampNumber(slowMs / slownessPerLogitMs, -0.4, 0.8);
}

function toDelay(
  logit: number,
  { isLagging }: PauseSigns,
  rules: EndpointingDelayRules,
  maxMs = rules.maxDelayMs,
) {
  const usualMs = interpolateDelay(logit);
  const growth = (maxMs - rules.maxDelayMs) / (rules.maxDelayMs - undecidedDelayMs);
  const heldMs = Math.max(0, usualMs - undecidedDelayMs) * growth;
  const lagMs = isLagging ? rules.voiceActivityLagMs : 0;
  return clampNumber(usualMs + heldMs - lagMs, rules.minDelayMs, maxMs);
}

function weighJudgement({ judgement }: PauseSigns) {
  if (judgement?.probability === undefined) return undefined;
  const sure = clampNumber(judgement.probability, minProbability, 1 - minProbability);
  const logit = turnModelWeight * Math.log(sure / (1 - sure));
  return clampNumber(logit, -maxTurnModelLogit, maxTurnModelLogit);
}

function interpolateDelay(completeLogit: number) {
  let [fromLogit, fromMs]: readonly [number, number] = delaysByLogit[0];
  if (completeLogit <= fromLogit) return fromMs;
  for (const [toLogit, toMs] of delaysByLogit) {
    if (completeLogit <= toLogit) {
      const share =
        toLogit === fromLogit ? 1 : (completeLogit - fromLogit) / (toLogit - fromLogit);
      return fromMs + (toMs - fromMs) * share;
    }
    [fromLogit, fromMs] = [toLogit, toMs];
  }
  return fromMs;
}

function clampNumber(value: number, min: number, max: number) {
  return Math.max(min, Math.min(max, value));
}
