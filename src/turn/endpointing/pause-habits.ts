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
export const enough = 6;

/** Learns a pause inside an utterance. Very short and very long ones do not count. */
export function learnPause(habit: PauseHabit, pausedMs: number): PauseHabit {
  if (!(pausedMs >= shortestMs && pausedMs <= longestMs)) return habit;
  const moveMs = pausedMs > habit.typicalMs ? stepMs * quantile : -stepMs * (1 - quantile);
  return {
    pauses: Math.min(enough, habit.pauses + 1),
    typicalMs: Math.min(longestMs, Math.max(shortestMs, habit.typicalMs + moveMs)),
  };
}

export type SpeakerHabits = {
  readonly habit?: PauseHabit;
  readonly endings?: Endings;
};

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
