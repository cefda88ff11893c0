import { plainWords } from '#src/turn/addressing/names.ts';
import type { EndOfTurn } from './end-of-turn.ts';

/** How often each last word ended an utterance. Counted for a session, without a word list. */
export type Endings = ReadonlyMap<string, { readonly ended: number; readonly wentOn: number }>;

export const noEndings: Endings = new Map();

const mostWords = 500;
/** Counts are halved here, so that habits may change. */
const fullCount = 64;
/** Prior counts keep one chance from deciding. */
const doubt = 2;

export function learnEnding(
  endings: Endings,
  lastWord: string,
  fate: 'ended' | 'went-on',
): Endings {
  if (lastWord === '') return endings;
  const known = endings.get(lastWord) ?? { ended: 0, wentOn: 0 };
  const scale = known.ended + known.wentOn >= fullCount ? 0.5 : 1;
  const next = new Map(endings);
  next.delete(lastWord);
  next.set(lastWord, {
    ended: known.ended * scale + (fate === 'ended' ? 1 : 0),
    wentOn: known.wentOn * scale + (fate === 'went-on' ? 1 : 0),
  });
  for (const oldest of next.keys()) {
    if (next.size <= mostWords) break;
    next.delete(oldest);
  }
  return next;
}

/** Logit that an utterance with this last word is over, from -1.5 to 1.5. */
export function leaning(endings: Endings, lastWord: string): number {
  const known = endings.get(lastWord);
  if (!known) return 0;
  const logit = Math.log((known.ended + doubt) / (known.wentOn + doubt));
  return Math.max(-1.5, Math.min(1.5, logit));
}

export type PauseHabit = {
  /** Pauses learned from, as far as the number matters. */
  readonly pauses: number;
  /** Four of five pauses are shorter. */
  readonly typicalMs: number;
};

export const unknownHabit: PauseHabit = { pauses: 0, typicalMs: 450 };

const shortestMs = 80;
const longestMs = 2000;
/** The estimate follows a quantile in steps. */
const stepMs = 100;
const quantile = 0.8;
const enough = 6;

/** Learns a pause inside an utterance. Very short and very long ones do not count. */
export function learnPause(habit: PauseHabit, pausedMs: number): PauseHabit {
  if (!(pausedMs >= shortestMs && pausedMs <= longestMs)) return habit;
  const moveMs = pausedMs > habit.typicalMs ? stepMs * quantile : -stepMs * (1 - quantile);
  return {
    pauses: Math.min(enough, habit.pauses + 1),
    typicalMs: Math.min(longestMs, Math.max(shortestMs, habit.typicalMs + moveMs)),
  };
}

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

export type SpeakerHabits = {
  readonly habit?: PauseHabit;
  readonly endings?: Endings;
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

const mostPeople = 100;

/** Pause habits of the people of one session. They are kept nowhere else. */
export class PauseHabits {
  readonly #pauses = new Map<string, PauseHabit>();
  #endings = noEndings;

  of(speakerId: PersonId): SpeakerHabits {
    const habit = this.#pauses.get(speakerId);
    return { endings: this.#endings, habit };
  }

  wentOn(speakerId: PersonId, pausedMs: number, lastWord: string): void {
    const habit = this.#pauses.get(speakerId) ?? unknownHabit;
    this.#pauses.delete(speakerId);
    this.#pauses.set(speakerId, learnPause(habit, pausedMs));
    for (const oldest of this.#pauses.keys()) {
      if (this.#pauses.size <= mostPeople) break;
      this.#pauses.delete(oldest);
    }
    this.#endings = learnEnding(this.#endings, lastWord, 'went-on');
  }

  ended(lastWord: string): void {
    this.#endings = learnEnding(this.#endings, lastWord, 'ended');
  }

  forget(speakerId: PersonId): void {
    this.#pauses.delete(speakerId);
  }
}

const kept = 10;
const least = 3;
const trustedShare = 0.8;

/**
 * Decides whether the text of a streaming recogniser in a pause is final.
 *
 * Some recognisers lag by a word or two, and an answer to their partials would be thrown away. A recogniser known to
 * keep its words is trusted at once. One that takes a word back has to earn trust anew.
 */
export class PartialTrust {
  #right: readonly boolean[];

  constructor(isKnownStable: boolean) {
    this.#right = isKnownStable ? Array.from({ length: kept }, () => true) : [];
  }

  get isTrusted(): boolean {
    const right = this.#right.filter(Boolean).length;
    return this.#right.length >= least && right >= trustedShare * this.#right.length;
  }

  compare(partial: string, final: string): void {
    const [early, said] = [plainWords(partial), plainWords(final)];
    const isKept = said === early || said.startsWith(`${early} `);
    this.#right = isKept ? [...this.#right, said === early].slice(-kept) : [];
  }
}
