import { openHistory, standardHistory } from '#src/chat/history.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';

/** One exchange as people heard it: `heard` is what left of the answer. */
export type RememberedExchange = {
  readonly speakerId: string;
  readonly name: string;
  readonly said: string;
  readonly heard: string;
  /** Others who asked the same and were answered with it. */
  readonly alsoIds?: readonly string[];
  /** Whether the answer was made of words of this speaker alone. */
  readonly isOwn?: boolean;
  /** The question; only where it came by the queue. */
  readonly question?: object;
};

/** Exchanges between people and the bot in one channel, until a person withdraws their part. */
export class ConversationHistory {
  #exchanges: readonly RememberedExchange[] = [];
  #state: object = {};

  /** Another one after each change: whatever was shown to a model before is out of date then. */
  get state(): object {
    return this.#state;
  }

  get isEmpty(): boolean {
    return this.#exchanges.length === 0;
  }

  /** Keeps what was said, but answers that were begun before are out of date. */
  outdate(): void {
    this.#state = {};
  }

  add(exchange: RememberedExchange): void {
    this.#become([...this.#exchanges, exchange].slice(-standardHistory.items));
  }

  /** Forgets this person's words, and the answers to them. */
  forget(personId: string): void {
    this.#become(
      this.#exchanges.filter(
        ({ speakerId, alsoIds = [] }) => speakerId !== personId && !alsoIds.includes(personId),
      ),
    );
  }

  /** Begins anew. */
  clear(): void {
    this.#become([]);
  }

  /** Oldest first, without those for which `mayShow` is false. */
  shown(
    mayShow: (exchange: RememberedExchange) => boolean = () => true,
  ): readonly RememberedExchange[] {
    return this.#exchanges.filter(mayShow);
  }

  #become(exchanges: readonly RememberedExchange[]): void {
    this.#exchanges = exchanges;
    this.outdate();
  }
}

/** Exchanges as a model is shown them: as many of the last ones as fit. */
export function messagesOf(exchanges: readonly RememberedExchange[]): readonly ChatMessage[] {
  const history = openHistory();
  for (const { name, said, heard } of exchanges) {
    history.addUser(name, said);
    history.addAssistant(heard);
  }
  return history.messages();
}

/** Whether a model may be shown an exchange for an answer to these people: nobody else in it is left out. */
export function mayShowTo(
  askerIds: readonly string[],
  { gate }: SessionContext,
): (exchange: RememberedExchange) => boolean {
  return ({ speakerId, alsoIds = [] }) =>
    [speakerId, ...alsoIds].every((id) => askerIds.includes(id) || !gate.isLeftOut(id));
}
