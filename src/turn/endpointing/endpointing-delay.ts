import type { PersonId } from '#src/base/ids.ts';
import type { EndOfTurn } from './end-of-turn.ts';

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
  /**
   * Talking into somebody costs e to this power as much as to wait: an utterance ends once the logit that it is over is as high.
   * `npm run bench -- turns --curve ROWS` shows both errors.
   */
  priceLogit: 1.7,
  minDelayMs: 150,
  /** Delay where everything says that the person is done. */
  surestDelayMs: 270,
  maxDelayMs: 900,
  /** Longest delay by words alone, where no sound is judged. */
  maxWordsDelayMs: 1200,
  /** Longest delay where words and sound both say that the person goes on. */
  maxHeldDelayMs: 2000,
  /** Longest wait for the turn model, since the voice stopped. */
  turnModelTimeoutMs: 420,
  /** Longest wait for the chat model, since the voice stopped, where words and turn model are not sure of the end. */
  wordsJudgeTimeoutMs: 620,
  /** A preemptive answer may begin this long before a sure end. */
  preemptiveLeadMs: 400,
  /** And this long before one that is not sure: first token and first sound of near servers take about as long, and nobody waits for them after the longest delay. */
  unsureLeadMs: 200,
  /** Lag of voice activity detection behind the voice (Silero v5: 82 ms at p50), subtracted from the delay. */
  voiceActivityLagMs: 50,
};

export type EndpointingDelayRules = Readonly<typeof endpointingDelayRules>;

/** Latest question to the turn model in a pause, and its latest answer: the logit that the turn is over. */
export type TurnJudgement = {
  readonly askedAtMs: number;
  readonly isPending: boolean;
  /** Absent if it is not known yet, or never will be. */
  readonly logit?: number | undefined;
};

/** A question to the turn model that may be due. `waitedMs` is endless where the microphone has closed, which sent `sentMs` of the silence. */
type NextQuestion = Readonly<
  Record<'number' | 'silentMs' | 'sentMs' | 'waitedMs', number>
>;

/**
 * Finds the silence in ms to be put behind the sound of a question to the turn model, so that it is heard with as much as another.
 * Undefined while no question is due. Only the first goes ahead of its time where the microphone has closed.
 */
export function findSilenceAhead(
  { number, sentMs, silentMs, waitedMs }: NextQuestion,
  turnModelMs: readonly number[],
): number | undefined {
  const dueMs = turnModelMs[number];
  if (dueMs === undefined || (number === 0 ? waitedMs : silentMs) < dueMs)
    return undefined;
  return Math.max(0, dueMs - sentMs);
}

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

/**
 * Words and sound together are one calibrated logit, where as many ends as pauses are heard: `scripts/models/turn_head.py` learns the
 * weights from people.
 */
const sumWeights = { bias: -0.25, words: 0.6, sound: 0.88 };
/** Without sound, words that go on weigh more than words that may be whole: `npm run bench -- turns`. */
const aloneWeights = { open: 0.8, whole: 0.5 };
/**
 * People pause more often than they end, in meetings eight times (AMI corpus). The sum with sound does not know that. With
 * 1.3 one own pause in eight is cut off: `npm run bench -- turns --curve ROWS`.
 */
const pausesLogit = 1.3;

/** Most of what is known of a person's pauses. One slow day makes nobody wait for seconds. */
const [minTypicalMs, maxTypicalMs] = [350, 700];

/** Below the first logit an answer begins with the short lead, from the second logit on with the full one. */
const preemptiveLogits = [0, 0.15] as const;

/** A turn that is as sure of its end does not wait for the chat model's judgement of its words. */
const sureLogit = 0.8;

/** Decides the silence in ms that ends an utterance, and how long before that end a preemptive answer may begin. */
export function decideEndpointingDelay(
  signs: PauseSigns,
  rules: EndpointingDelayRules,
  person: SpeakerHabits,
): { readonly delayMs: number; readonly preemptiveLeadMs: number } {
  const { isSure, ...delay } = computeDelay(signs, rules, person);
  const { judgement, wordsJudgement } = signs;
  const isWordsJudgeDue =
    wordsJudgement?.isPending && wordsJudgement.isTrusted && !isSure;
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
  const scaleMs = measurePauseScale(person);
  const { endOfTurn, judgement, wordsJudgement } = signs;
  if (!endOfTurn) return computeTextlessDelay(signs, rules, scaleMs);
  const { completeLogit, lastWord } = endOfTurn;
  const wordsLogit =
    completeLogit + getEndingLogit(person.endings ?? noEndings, lastWord);
  const readLogit = wordsJudgement?.logit ?? 0;
  const soundLogit = judgement?.logit;
  const logit = readLogit + addUp(wordsLogit, soundLogit);
  const endLogit = soundLogit === undefined ? logit : logit - pausesLogit;
  const maxMs = findMaxDelay(wordsLogit + readLogit, soundLogit ?? readLogit, rules);
  const [from, to] = preemptiveLogits;
  const sure = clampNumber((logit - from) / (to - from), 0, 1);
  // Words that are open alone are no reason to sound as soon as the longest delay is over.
  const unsureLeadMs = soundLogit === undefined ? 0 : rules.unsureLeadMs;
  return {
    delayMs: clampNumber(
      toDelay(endLogit, scaleMs, signs, rules),
      rules.minDelayMs,
      maxMs,
    ),
    preemptiveLeadMs: unsureLeadMs + (rules.preemptiveLeadMs - unsureLeadMs) * sure,
    isSure: endLogit > sureLogit,
  };
}

function computeTextlessDelay(
  signs: PauseSigns,
  rules: EndpointingDelayRules,
  scaleMs: number,
) {
  const { maxDelayMs, minDelayMs, textless } = rules;
  const soundLogit = signs.judgement?.logit;
  const usualMs = signs.isClosed ? textless.closedDelayMs : textless.delayMs;
  const ownMs =
    soundLogit === undefined
      ? (usualMs * scaleMs) / usualScaleMs
      : toDelay(soundLogit - pausesLogit, scaleMs, signs, rules);
  const dueMs = signs.isTextless ? rules.textTimeoutMs : 0;
  const aheadMs = dueMs > 0 ? 0 : textless.preemptiveLeadMs;
  return {
    delayMs: clampNumber(Math.max(ownMs, dueMs), minDelayMs, maxDelayMs),
    preemptiveLeadMs: aheadMs,
    isSure: false,
  };
}

function addUp(wordsLogit: number, soundLogit: number | undefined) {
  if (soundLogit === undefined)
    return wordsLogit * (wordsLogit < 0 ? aloneWeights.open : aloneWeights.whole);
  const { bias, sound, words } = sumWeights;
  return bias + words * wordsLogit + sound * soundLogit;
}

/** Finds the longest delay. `secondLogit`, of sound or a chat model, is 0 where nothing but the words is known. */
function findMaxDelay(
  wordsLogit: number,
  secondLogit: number,
  { maxDelayMs, maxHeldDelayMs, maxWordsDelayMs }: EndpointingDelayRules,
) {
  if (secondLogit === 0) return maxWordsDelayMs;
  return wordsLogit < 0 && secondLogit < 0 ? maxHeldDelayMs : maxDelayMs;
}

/** How often each last word ended an utterance. Counted for a session, without a word list. */
type EndingCounts = ReadonlyMap<
  string,
  { readonly ended: number; readonly wentOn: number }
>;

export const noEndings: EndingCounts = new Map();

const maxKnownWords = 500;
/** Counts are halved here, so that habits may change. */
const halvingCount = 64;
/** Prior counts keep one chance from deciding. */
const priorCount = 2;

/** Counts whether an utterance ended with its last word or went on. */
export function learnEnding(
  endings: EndingCounts,
  lastWord: string,
  fate: 'ended' | 'went-on',
): EndingCounts {
  if (lastWord === '') return endings;
  const counts = endings.get(lastWord) ?? { ended: 0, wentOn: 0 };
  const scale = counts.ended + counts.wentOn >= halvingCount ? 0.5 : 1;
  const next = new Map(endings);
  next.delete(lastWord);
  next.set(lastWord, {
    ended: counts.ended * scale + (fate === 'ended' ? 1 : 0),
    wentOn: counts.wentOn * scale + (fate === 'went-on' ? 1 : 0),
  });
  for (const oldest of next.keys()) {
    if (next.size <= maxKnownWords) break;
    next.delete(oldest);
  }
  return next;
}

/** Gets the logit that an utterance with this last word is over, from -1.5 to 1.5. */
export function getEndingLogit(endings: EndingCounts, lastWord: string): number {
  const counts = endings.get(lastWord);
  if (!counts) return 0;
  const logit = Math.log((counts.ended + priorCount) / (counts.wentOn + priorCount));
  return Math.max(-1.5, Math.min(1.5, logit));
}

type PauseHabit = {
  /** Pauses learned from, as far as the number matters. */
  readonly pauses: number;
  /** Four of five pauses are shorter. */
  readonly typicalMs: number;
};

export const unknownHabit: PauseHabit = { pauses: 0, typicalMs: 450 };

const minPauseMs = 80;
const maxPauseMs = 2000;
/** The estimate follows a quantile in steps. */
const maxStepMs = 100;
const quantile = 0.8;
const maxCountedPauses = 6;

/** Updates a habit by a pause inside an utterance, unless very short or very long. */
export function learnPause(habit: PauseHabit, pausedMs: number): PauseHabit {
  if (!(pausedMs >= minPauseMs && pausedMs <= maxPauseMs)) return habit;
  const moveMs =
    pausedMs > habit.typicalMs ? maxStepMs * quantile : -maxStepMs * (1 - quantile);
  return {
    pauses: Math.min(maxCountedPauses, habit.pauses + 1),
    typicalMs: Math.min(maxPauseMs, Math.max(minPauseMs, habit.typicalMs + moveMs)),
  };
}

export type SpeakerHabits = {
  readonly habit?: PauseHabit;
  readonly endings?: EndingCounts;
};

const maxPeople = 100;

/** Pause habits of the people of one session. They are kept nowhere else, without times, and `SpeakerInput` teaches them. */
export class PauseHabits {
  readonly #pauses = new Map<PersonId, PauseHabit>();
  #endings = noEndings;

  /** Gets what is known of a person, and of the last words of everybody. */
  getHabits(speakerId: PersonId): SpeakerHabits {
    const habit = this.#pauses.get(speakerId);
    return { endings: this.#endings, habit };
  }

  /** Learns that a person went on after a pause behind this word. */
  learnResumed(speakerId: PersonId, pausedMs: number, lastWord: string): void {
    const habit = this.#pauses.get(speakerId) ?? unknownHabit;
    this.#pauses.delete(speakerId);
    this.#pauses.set(speakerId, learnPause(habit, pausedMs));
    for (const oldest of this.#pauses.keys()) {
      if (this.#pauses.size <= maxPeople) break;
      this.#pauses.delete(oldest);
    }
    this.#endings = learnEnding(this.#endings, lastWord, 'went-on');
  }

  /** Learns that an utterance ended with this word. */
  learnEnded(lastWord: string): void {
    this.#endings = learnEnding(this.#endings, lastWord, 'ended');
  }

  /** Forgets the pauses of a person, and all last words: their counts do not say whose they were. */
  forget(speakerId: PersonId): void {
    this.#pauses.delete(speakerId);
    this.#endings = noEndings;
  }
}

/** Measures the silence in which pauses of this person become e times rarer, as four of five are shorter than the typical one. */
function measurePauseScale({ habit = unknownHabit }: SpeakerHabits) {
  const known = habit.pauses / maxCountedPauses; // Less while little is known.
  const typicalMs =
    unknownHabit.typicalMs + (habit.typicalMs - unknownHabit.typicalMs) * known;
  return clampNumber(typicalMs, minTypicalMs, maxTypicalMs) / Math.log(5);
}

const usualScaleMs = measurePauseScale({});

/** Each further `scaleMs` of silence raises the logit by one, until talking costs less than waiting. */
function toDelay(
  logit: number,
  scaleMs: number,
  { isLagging }: PauseSigns,
  { priceLogit, surestDelayMs, voiceActivityLagMs }: EndpointingDelayRules,
) {
  const delayMs = Math.max(surestDelayMs, scaleMs * (priceLogit - logit));
  return delayMs - (isLagging ? voiceActivityLagMs : 0);
}

function clampNumber(value: number, min: number, max: number) {
  return Math.max(min, Math.min(max, value));
}
