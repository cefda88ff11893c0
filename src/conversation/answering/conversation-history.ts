import { openHistory } from '#src/chat/history.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';

/** Placeholder, for a model, of words that it heard itself and that were not recognised. */
const unrecognised = '(Nobody recognised these words.)';

/** Exchanges as a model is shown them: as many of the last ones as fit. */
export function messagesOf(exchanges: readonly HistoryExchange[]): readonly ChatMessage[] {
  const history = openHistory();
  for (const { heard, name, words } of exchanges) {
    history.addUser(name, words || unrecognised);
    history.addAssistant(heard);
  }
  return history.messages();
}

/** Exchanges that a model may be shown for an answer to these people, oldest first: nobody else in them is left out. */
export function exchangesFor(
  askerIds: readonly string[],
  { gate, talk }: Pick<SessionContext, 'gate' | 'talk'>,
): readonly HistoryExchange[] {
  const mayShow = (id: string) => askerIds.includes(id) || !gate.isLeftOut(id);
  return talk.state.history.exchanges.filter(({ alsoBy, by }) => [by, ...alsoBy].every(mayShow));
}
