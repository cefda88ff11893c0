import { noteAnswered } from './addressing.ts';
import type { EventOf } from './events.ts';
import { change, type Draft, hasRefused, nameOf, wordsOf } from './questions.ts';
import type { ConversationState, HistoryExchange, PersonId, TurnState } from './state.ts';

/** Keeps a question and the part of its answer that was heard. People who asked the same are kept with it. */
export function remember(draft: Draft, turn: TurnState, heard: string): void {
  if (hasRefused(draft.state, turn.by)) return;
  const words = wordsOf(turn.parts);
  if (words === '' && heard === '') return;
  const others = turn.duplicates.filter(({ by }) => !hasRefused(draft.state, by));
  const exchanges: HistoryExchange[] = others.map(({ by, parts }) => ({
    by,
    name: nameOf(draft.state, by),
    alsoBy: [],
    isOwn: false,
    words: wordsOf(parts),
    heard: '',
  }));
  const alsoBy = others.map(({ by }) => by);
  const isOwn = others.length === 0 && turn.answer?.hasForeignWords === false;
  exchanges.push({ by: turn.by, name: turn.name, alsoBy, isOwn, words, heard });
  add(draft, exchanges);
}

/** Keeps a question that was answered in writing. */
export function exchanged(draft: Draft, event: EventOf<'exchanged'>): void {
  const { by, heard, name, words } = event;
  if (hasRefused(draft.state, by)) return;
  add(draft, [{ by, name, alsoBy: [], isOwn: false, words, heard }]);
  noteAnswered(draft, [by], heard);
}

/** Answers that began before are out of date. */
export function outdated(draft: Draft): void {
  become(draft, draft.state.history.exchanges);
}

function add(draft: Draft, exchanges: readonly HistoryExchange[]): void {
  const all = [...draft.state.history.exchanges, ...exchanges];
  become(draft, all.slice(-draft.rules.mostExchanges));
}

/** Drops the exchanges of one person, and those that hold their words. */
export function forgetExchanges(draft: Draft, personId: PersonId): void {
  become(draft, historyWithout(draft.state.history, personId).exchanges);
}

export function historyWithout(
  { exchanges, version }: ConversationState['history'],
  personId: PersonId,
): ConversationState['history'] {
  const isOther = ({ alsoBy, by }: HistoryExchange) =>
    by !== personId && !alsoBy.includes(personId);
  return { version, exchanges: exchanges.filter(isOther) };
}

export function clearHistory(draft: Draft): void {
  become(draft, []);
}

/** Answers that began on the former version are out of date. */
function become(draft: Draft, exchanges: readonly HistoryExchange[]): void {
  const version = draft.state.history.version + 1;
  change(draft, { history: { version, exchanges } });
}

/** Whether a name is in plain letters and digits, which cannot look like a part of the prompt. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{M}\p{N}' .-]{1,32}$/u.test(name);
}

/** Whether a prompt of this turn holds words of others. */
export function hasForeignHistory({ state }: Draft, { by, changes, parts }: TurnState): boolean {
  const isForeign = state.history.exchanges.some((one) => one.by !== by || !one.isOwn);
  const hasResult = changes.some((one) => one.isForeign && one.result !== undefined);
  const isNamed = isPlainName(state.people.find(({ id }) => id === by)?.name ?? '');
  return isForeign || hasResult || (parts.length > 0 && !isNamed);
}
