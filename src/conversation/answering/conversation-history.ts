import { openHistory } from '#src/chat/history.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
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
  readonly isOwn?: boolean | undefined;
};

/** Placeholder, for a model, of words that it heard itself and that were not recognised. */
const unrecognised = '(Nobody recognised these words.)';

/** Exchanges of one session, as models are shown them. The conversation owns them. */
export class SessionHistory {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Keeps what was said, but answers that were begun before are out of date. */
  outdate(): void {
    this.#context.talk.post({ kind: 'outdated' });
  }

  /** Keeps a question that was answered in writing. */
  add({ heard, name, said: words, speakerId: by }: RememberedExchange): void {
    this.#context.talk.post({ kind: 'exchanged', by, name, words, heard });
  }

  /** Oldest first, without those for which `mayShow` is false. */
  shown(
    mayShow: (exchange: RememberedExchange) => boolean = () => true,
  ): readonly RememberedExchange[] {
    return this.#context.talk.state.history.exchanges.map(exchangeOf).filter(mayShow);
  }
}

function exchangeOf({
  alsoBy: alsoIds,
  by: speakerId,
  heard,
  isOwn,
  name,
  words,
}: HistoryExchange): RememberedExchange {
  return { speakerId, name, said: words || unrecognised, heard, alsoIds, isOwn };
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
