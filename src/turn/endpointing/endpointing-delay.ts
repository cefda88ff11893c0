import { plainWords } from '#src/turn/addressing/names.ts';
import type { EndOfTurn } from './end-of-turn.ts';

/** Counts of last words that ended utterances and that did not, learned without any word list. One per server. */
export type Endings = ReadonlyMap<string, { readonly ended: number; readonly wentOn: number }>;

export const noEndings: Endings = new Map();

/** Words known at most; the one not met for longest is forgotten. */
const mostWords = 500;
/** Counts are halved here, so habits may change. */
const fullCount = 64;
/** Meetings that count for nothing, so one chance does not decide. */
const doubt = 2;

/** To be called once for every pause with a known outcome: `wentOn` when speech resumed or was merged. */
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

/** Logit that an utterance ending in this word is over; 0 for a word hardly met, at most 1.5 either way. */
export function leaning(endings: Endings, lastWord: string): number {
  const known = endings.get(lastWord);
  if (!known) return 0;
  const logit = Math.log((known.ended + doubt) / (known.wentOn + doubt));
  return Math.max(-1.5, Math.min(1.5, logit));
}

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
type EndpointingDelay = { readonly delayMs: number; readonly preemptiveLeadMs: number };

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
  const { pauses, typicalMs } = person.habit ?? unknownHabit;
  const slowMs = ((typicalMs - unknownHabit.typicalMs) * pauses) / enough; // less while little is known
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

/** People remembered at most; the one not met for longest is forgotten. */
const mostPeople = 100;

/** Pause habits of the people of one session, learned while they talk and kept nowhere else. */
export class PauseHabits {
  readonly #pauses = new Map<string, PauseHabit>();
  #endings = noEndings;

  of(speakerId: PersonId): SpeakerHabits {
    const habit = this.#pauses.get(speakerId);
    return { endings: this.#endings, habit };
  }

  /** Learns a pause inside an utterance: its length in ms, and the word before it. */
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

  /** An utterance ended with this word. */
  ended(lastWord: string): void {
    this.#endings = learnEnding(this.#endings, lastWord, 'ended');
  }

  forget(speakerId: PersonId): void {
    this.#pauses.delete(speakerId);
  }
}

/** Pauses looked back on. */
const kept = 10;
/** Least pauses before the partials of an unknown recogniser are trusted. */
const least = 3;
/** Least share of the counted pauses whose partial must have been complete. */
const trustedShare = 0.8;

/**
 * Whether the text of a streaming recogniser in a pause is already its final one.
 *
 * Some lag by a word or two, and an answer begun on their partial text would be thrown away each time. A recogniser that
 * is known to keep its words is trusted from the first pause on; one that takes a word back has to earn its trust anew.
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
