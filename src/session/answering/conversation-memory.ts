import { openHistory, standardHistory } from '#src/chat/history.ts';
import type { ChatMessage } from '#src/chat/ports.ts';

/** One exchange as people heard it: `heard` is what left of the answer. */
export type RememberedExchange = {
  readonly speakerId: string;
  readonly name: string;
  readonly said: string;
  readonly heard: string;
  /** Others who asked the same and were answered with it. */
  readonly alsoIds?: readonly string[];
};

/** What was said to the bot in one channel and how it answered, until somebody takes their part back. */
export class ConversationMemory {
  #exchanges: readonly RememberedExchange[] = [];

  /** Another one after each change: whatever was shown to a model before is out of date then. */
  get state(): object {
    return this.#exchanges;
  }

  get isEmpty(): boolean {
    return this.#exchanges.length === 0;
  }

  /** Keeps what was said, but answers that were begun before are out of date. */
  outdate(): void {
    this.#exchanges = [...this.#exchanges];
  }

  /** Nothing was said before. */
  clear(): void {
    this.#exchanges = [];
  }

  add(exchange: RememberedExchange): void {
    this.#exchanges = [...this.#exchanges, exchange].slice(-standardHistory.items);
  }

  /** What this person said goes, and what was answered to it. */
  forget(personId: string): void {
    this.#exchanges = this.#exchanges.filter(
      ({ speakerId, alsoIds = [] }) => speakerId !== personId && !alsoIds.includes(personId),
    );
  }

  /** Oldest first, as much as a model is shown; without exchanges with people for whom `mayShow` is false. */
  messages(mayShow: (personId: string) => boolean = () => true): readonly ChatMessage[] {
    const history = openHistory();
    for (const { name, said, heard, speakerId, alsoIds = [] } of this.#exchanges) {
      if (![speakerId, ...alsoIds].every(mayShow)) continue;
      history.addUser(name, said);
      history.addAssistant(heard);
    }
    return history.messages();
  }
}
