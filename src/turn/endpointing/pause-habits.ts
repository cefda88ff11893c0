import { learnEnding, noEndings } from './endings.ts';
import type { SpeakerHabits } from './endpointing-delay.ts';
import { learnPause, type PauseHabit, unknownHabit } from './habit.ts';

/** People remembered at most; the one not met for longest is forgotten. */
const limit = 100;

/** Pause habits of the people of one session, learned while they talk and kept nowhere else. */
export class PauseHabits {
  readonly #pauses = new Map<string, PauseHabit>();
  #endings = noEndings;

  of(speakerId: string): SpeakerHabits {
    const habit = this.#pauses.get(speakerId);
    return { endings: this.#endings, habit };
  }

  /** Learns a pause inside an utterance: its length in ms, and the word before it. */
  wentOn(speakerId: string, pausedMs: number, lastWord: string): void {
    const habit = this.#pauses.get(speakerId) ?? unknownHabit;
    this.#pauses.delete(speakerId);
    this.#pauses.set(speakerId, learnPause(habit, pausedMs));
    for (const oldest of this.#pauses.keys()) {
      if (this.#pauses.size <= limit) break;
      this.#pauses.delete(oldest);
    }
    this.#endings = learnEnding(this.#endings, lastWord, 'went-on');
  }

  /** An utterance ended with this word. */
  ended(lastWord: string): void {
    this.#endings = learnEnding(this.#endings, lastWord, 'ended');
  }

  forget(speakerId: string): void {
    this.#pauses.delete(speakerId);
  }
}
