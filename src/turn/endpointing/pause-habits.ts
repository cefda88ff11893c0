import type { PersonId } from '#src/base/ids.ts';

/** How often each last word ended an utterance. Counted for a session, without a word list. */
export type EndingCounts = ReadonlyMap<
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

export type PauseHabit = {
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
export const maxCountedPauses = 6;

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
