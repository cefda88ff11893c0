import type { EventOf } from './events.ts';
import { planRetry } from './reconnect-policy.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findHeardReply,
  isHeldByTool,
  isMuted,
} from './selectors.ts';
import { endPausedUtterances } from './speech-events.ts';
import { endTools } from './tool-decisions.ts';
import {
  dropAnnouncement,
  dropEntry,
  dropEverything,
  finishReplyClause,
  loseTurn,
  requeueReply,
} from './turn-lifecycle.ts';
import { breakOffUtterances } from './utterance-decisions.ts';

export const connectionHandlers = {
  'link-up'(draft) {
    draft.connection = { kind: 'up' };
    draft.reconnect = { ...draft.reconnect, upAtMs: draft.atMs };
  },

  'link-down'(draft, { isHeard }) {
    // Nothing more is said, and utterances end. The loss is reported once Discord has confirmed it, up to a second later.
    if (draft.connection.kind !== 'up') return;
    draft.connection = { kind: 'closing' };
    silenceCurrentReply(draft, isHeard);
    endPausedUtterances(draft);
    breakOffUtterances(draft, (_turn, { isEnded }) => !isEnded);
  },

  'link-lost'(draft, event) {
    if (draft.isOver) return;
    const { reconnect, waitMs } = planRetry(
      draft.reconnect,
      event,
      draft.rules.reconnect,
    );
    draft.reconnect = reconnect;
    if (event.final || waitMs === undefined) {
      endSession(draft, { why: event.final ?? 'refused' });
      return;
    }
    draft.connection = { kind: 'waiting', tryAtMs: draft.atMs + waitMs };
    if (reconnect.losses === draft.rules.reconnect.minReportedLosses)
      emitEffect(draft, { do: 'notice', line: 'reconnecting', by: undefined });
  },

  restricted(draft, { how, isOn }) {
    const wasMuted = isMuted(draft);
    const others = draft.restrictions.filter((one) => one !== how);
    draft.restrictions = isOn ? [...others, how] : others;
    if (isMuted(draft) && !wasMuted) dropEverything(draft, 'muted');
  },

  settings(draft, event) {
    draft.settings = { ...draft.settings, ...event.settings };
  },

  /** Finishes the current clause, and tells waiting people that they get no answer. */
  draining(draft) {
    draft.isEnding = true;
    const { turnQueue, announcements, turns } = draft;
    const waiting = turns.filter(
      ({ id, parts }) => parts.length > 0 && !findHeardReply(draft, id),
    );
    for (const turn of waiting) loseTurn(draft, turn, 'ending');
    const unsaid = announcements.filter(({ id }) => !findHeardReply(draft, id));
    for (const reading of unsaid) dropAnnouncement(draft, reading, 'ending');
    if (turnQueue.current) finishReplyClause(draft, turnQueue.current, 'ending');
    if (unsaid.some(({ when }) => when !== 'pause'))
      emitEffect(draft, { do: 'notice', line: 'unanswered', by: undefined });
  },

  stop(draft) {
    breakOffUtterances(
      draft,
      (_turn, { isEnded, isRequested }) => isEnded || isRequested,
    );
    dropEverything(draft, 'stopped');
  },

  leave: endSession,
} satisfies Partial<EventHandlers>;

function silenceCurrentReply(draft: Draft, isHeard: boolean) {
  // A reply that was heard in part is over. One that was not heard, or only up to a tool that still runs, is made anew.
  const { current } = draft.turnQueue;
  if (!current) return;
  const isBegun = isHeard && !isHeldByTool(draft, current);
  const { kind } = current.phase;
  if (kind === 'making' || (kind === 'sounding' && !isBegun))
    requeueReply(draft, current);
  else dropEntry(draft, current.id, 'lost');
}

/** Ends the session: breaks off utterances, drops all replies and stops tools. */
function endSession(draft: Draft, { why }: Pick<EventOf<'leave'>, 'why'>) {
  if (draft.isOver) return;
  breakOffUtterances(draft, () => true);
  dropEverything(draft, 'left');
  endTools(draft);
  draft.isOver = true;
  draft.connection = { kind: 'gone' };
  emitEffect(draft, { do: 'end', why });
}

export function expireConnection(draft: Draft) {
  const { aloneFromMs, atMs, isOver, connection, settings: set } = draft;
  if (isOver) return;
  const isAlone = aloneFromMs !== undefined && atMs - aloneFromMs >= set.leaveAfterMs;
  if (isAlone) endSession(draft, { why: 'alone' });
  else if (connection.kind === 'waiting' && atMs >= connection.tryAtMs) {
    draft.connection = { kind: 'opening' };
    emitEffect(draft, { do: 'open-link' });
  }
}
