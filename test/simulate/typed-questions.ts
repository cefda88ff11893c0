import type { PersonId } from '#src/base/ids.ts';
import {
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

/** Questions that people type, until they are told of the end of each. */
export class TypedQuestions {
  readonly #waiting = new Set<AbortController>();

  /** Number of questions that were not told of their end. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Somebody types a question, which is answered aloud. Resolves at its end, and once it was taken back. */
  async ask({ talk }: SessionFixture, by: PersonId, text: string): Promise<void> {
    const abort = new AbortController();
    const { signal } = abort;
    this.#waiting.add(abort);
    try {
      const asker = { id: by, name: by };
      await talk.askQuestion(lounge.guildId, text, asker, 'voice', { signal });
    } catch (error) {
      if (error !== signal.reason) throw error;
    } finally {
      this.#waiting.delete(abort);
    }
  }

  /** Takes the oldest question back. */
  takeBack(): void {
    [...this.#waiting][0]?.abort();
  }

  /** Takes all questions back, as at the end of a process. */
  abortAll(): void {
    for (const abort of this.#waiting) abort.abort();
  }

  /** Forgets all questions, as a process that stops at once. */
  clear(): void {
    this.#waiting.clear();
  }
}
