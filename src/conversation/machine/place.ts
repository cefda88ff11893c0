import type { EventOf } from './events.ts';
import { type Draft, emit, isHeldByTool, isMuted, soundOf } from './questions.ts';
import { planRetry } from './reconnect-policy.ts';
import { drop, dropAll, dropReading, finishClause, loseTurn, putBack } from './replies.ts';
import { endTools } from './tools.ts';
import { endPauses } from './turns.ts';
import { breakOff } from './verdicts.ts';

export function linkUp(draft: Draft): void {
  draft.link = { kind: 'up' };
  draft.reconnect = { ...draft.reconnect, upAtMs: draft.atMs };
}

/** The connection has closed: nothing is said any more, and speech ends. Its loss is reported once Discord has confirmed it. */
export function linkDown(draft: Draft, { isHeard }: EventOf<'link-down'>): void {
  if (draft.link.kind !== 'up') return;
  draft.link = { kind: 'closing' };
  silence(draft, isHeard);
  endPauses(draft);
  breakOff(draft, (_turn, { isEnded }) => !isEnded);
}

/** A lost link is tried again, or the session ends. */
export function linkLost(draft: Draft, event: EventOf<'link-lost'>): void {
  if (draft.isOver) return;
  const { reconnect, waitMs } = planRetry(draft.reconnect, event, draft.rules.reconnect);
  draft.reconnect = reconnect;
  if (event.final || waitMs === undefined) {
    endSession(draft, { why: event.final ?? 'refused' });
    return;
  }
  draft.link = { kind: 'waiting', tryAtMs: draft.atMs + waitMs };
  if (reconnect.losses === draft.rules.reconnect.reportedFromLosses)
    emit(draft, { do: 'notice', line: 'reconnecting', by: undefined });
}

/** What was heard in part is over. What was not, or only up to a tool that still runs, is said anew. */
function silence(draft: Draft, isHeard: boolean) {
  const { current } = draft.floor;
  if (!current) return;
  const isBegun = isHeard && !isHeldByTool(draft, current);
  const { kind } = current.phase;
  if (kind === 'making' || (kind === 'sounding' && !isBegun)) putBack(draft, current);
  else drop(draft, current.id, 'lost');
}

/** A restriction of its voice begins or ends. */
export function restricted(draft: Draft, { how, isOn }: EventOf<'restricted'>): void {
  const wasMuted = isMuted(draft);
  const others = draft.restrictions.filter((one) => one !== how);
  draft.restrictions = isOn ? [...others, how] : others;
  if (isMuted(draft) && !wasMuted) dropAll(draft, 'muted');
}

export function settings(draft: Draft, event: EventOf<'settings'>): void {
  draft.settings = { ...draft.settings, ...event.settings };
}

/** The process ends. The clause that sounds ends, and people who wait read that they are not answered. */
export function draining(draft: Draft): void {
  draft.isEnding = true;
  const { floor, readings, turns } = draft;
  const waiting = turns.filter(({ id, parts }) => parts.length > 0 && !soundOf(draft, id));
  for (const turn of waiting) loseTurn(draft, turn, 'ending');
  const unsaid = readings.filter(({ id }) => !soundOf(draft, id));
  for (const reading of unsaid) dropReading(draft, reading, 'ending');
  if (floor.current) finishClause(draft, floor.current, 'ending');
  if (unsaid.some(({ when }) => when !== 'pause'))
    emit(draft, { do: 'notice', line: 'unanswered', by: undefined });
}

/** Drops everything that is said or waits, and questions that only their pause keeps open. */
export function stop(draft: Draft): void {
  breakOff(draft, (_turn, { isEnded, isRequested }) => isEnded || isRequested);
  dropAll(draft, 'stopped');
}

/** Ends the session. A reply that sounds is cut, and `over` still brings the words that left. */
export function endSession(draft: Draft, { why }: Pick<EventOf<'leave'>, 'why'>): void {
  if (draft.isOver) return;
  breakOff(draft, () => true);
  dropAll(draft, 'left');
  endTools(draft);
  draft.isOver = true;
  draft.link = { kind: 'gone' };
  emit(draft, { do: 'end', why });
}

/** Ends a session that is alone, and tries the link again. */
export function passPlace(draft: Draft): void {
  const { aloneFromMs, atMs, isOver, link, settings: set } = draft;
  if (isOver) return;
  const isAlone = aloneFromMs !== undefined && atMs - aloneFromMs >= set.leaveAfterMs;
  if (isAlone) endSession(draft, { why: 'alone' });
  else if (link.kind === 'waiting' && atMs >= link.tryAtMs) {
    draft.link = { kind: 'opening' };
    emit(draft, { do: 'open-link' });
  }
}
