import { noteAnswered } from './addressing.ts';
import type { EventOf } from './events.ts';
import {
  change,
  changeFloor,
  currentTurn,
  type Draft,
  emit,
  putTurn,
  readingOf,
  soundOf,
} from './questions.ts';
import { stepReconnect } from './reconnect-policy.ts';
import { dropAll, dropReading, dropTurn, finishClause, loseTurn } from './replies.ts';
import { discardAnswer, endTools } from './tools.ts';
import { breakOff } from './verdicts.ts';

export function linkUp(draft: Draft): void {
  const { link } = draft.state;
  const up = { kind: 'up', atMs: draft.atMs } as const;
  const [reconnect] = stepReconnect(link.reconnect, up, draft.rules.reconnect);
  change(draft, { link: { ...link, isUp: true, reconnect, retryAtMs: undefined } });
}

/** A turn that was not heard is answered anew when the link is back. A turn that was heard in part is over. */
export function linkLost(draft: Draft, event: EventOf<'link-lost'>): void {
  const { atMs, final, paceMs, random, restMs } = event;
  if (draft.state.isOver) return;
  putBack(draft);
  const isPaced = paceMs !== undefined && restMs === 0;
  const lost = isPaced
    ? ({ kind: 'paced', atMs, random, paceMs } as const)
    : ({ kind: 'lost', atMs, random, restMs } as const);
  const { reconnect: former } = draft.state.link;
  const [reconnect, effect] = stepReconnect(former, lost, draft.rules.reconnect);
  const waitMs = effect?.kind === 'try' ? effect.waitMs : undefined;
  const retryAtMs = waitMs === undefined ? undefined : atMs + waitMs;
  change(draft, { link: { isUp: false, reconnect, retryAtMs } });
  breakOff(draft, (_turn, { isEnded }) => !isEnded);
  if (final) endSession(draft, final);
  else if (retryAtMs === undefined) endSession(draft, 'refused');
  else if (reconnect.losses === draft.rules.reconnect.reportedFromLosses)
    emit(draft, { do: 'notice', line: 'reconnecting', by: undefined });
}

function putBack(draft: Draft): void {
  const { current, queue } = draft.state.floor;
  if (!current) return;
  const turn = currentTurn(draft.state);
  const reading = readingOf(draft.state, current.id);
  if (current.isAudible) {
    if (turn) dropTurn(draft, turn, 'lost');
    if (reading) dropReading(draft, reading, 'lost');
    return;
  }
  if (turn) {
    putTurn(draft, discardAnswer(draft, turn));
    noteAnswered(draft, turn.by, '');
  } else {
    emit(draft, { do: 'discard', reply: current.reply });
  }
  changeFloor(draft, { current: undefined, queue: [current.id, ...queue] });
}

export function muted(draft: Draft, { isMuted }: EventOf<'muted'>): void {
  change(draft, { isMuted });
  if (isMuted) dropAll(draft, 'muted');
}

export function settings(draft: Draft, event: EventOf<'settings'>): void {
  const changed = { ...draft.state.settings, ...event.settings };
  change(draft, { settings: changed });
}

/** The process ends. The clause that sounds ends, and people who wait read that they are not answered. */
export function draining(draft: Draft): void {
  change(draft, { isEnding: true });
  const { floor, readings, turns } = draft.state;
  const waiting = turns.filter(({ id, parts }) => parts.length > 0 && !soundOf(draft.state, id));
  for (const { id } of waiting) loseTurn(draft, id, 'ending');
  const unsaid = readings.filter(({ id }) => !soundOf(draft.state, id));
  for (const reading of unsaid) dropReading(draft, reading, 'ending');
  const { current } = draft.state.floor;
  if (current && floor.current === current) finishClause(draft, current, 'ending');
  const isUnsaid = waiting.length > 0 || unsaid.some(({ when }) => when !== 'pause');
  const by = waiting[0]?.by;
  if (isUnsaid) emit(draft, { do: 'notice', line: 'unanswered', by });
}

export function leave(draft: Draft, { why }: EventOf<'leave'>): void {
  endSession(draft, why);
}

/** Ends the session. A reply that sounds is cut, and `over` still brings the words that left. */
function endSession(draft: Draft, why: string): void {
  if (draft.state.isOver) return;
  breakOff(draft, () => true);
  dropAll(draft, 'left');
  endTools(draft);
  const { link } = draft.state;
  change(draft, { isOver: true, link: { ...link, isUp: false, retryAtMs: undefined } });
  emit(draft, { do: 'end', why });
}

/** Ends a session that is alone, and tries the link again. */
export function passPlace(draft: Draft): void {
  const { aloneFromMs, isOver, link, settings: set } = draft.state;
  const { atMs } = draft;
  if (isOver) return;
  const isAlone = aloneFromMs !== undefined && atMs - aloneFromMs >= set.leaveAfterMs;
  if (isAlone) endSession(draft, 'alone');
  else if (link.retryAtMs !== undefined && atMs >= link.retryAtMs) {
    change(draft, { link: { ...link, retryAtMs: undefined } });
    emit(draft, { do: 'open-link' });
  }
}
