import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findHeardReply,
  isHeldByTool,
  isMuted,
  isRequested,
} from './draft.ts';
import type { EventOf } from './events.ts';
import { planRetry } from './reconnect-policy.ts';
import { endPausedUtterances } from './speech-events.ts';
import { endTools, stopDetachedRuns } from './tool-decisions.ts';
import {
  dropAnnouncement,
  dropEntry,
  dropEverything,
  finishReplyClause,
  loseTurn,
  requeueReply,
} from './turn-lifecycle.ts';
import { breakOffUtterances } from './utterance-decisions.ts';

/**
 * Handlers of events about the voice connection, restrictions, settings and the end of the session, for
 * `stepConversation`.
 */
export const connectionHandlers: Pick<
  EventHandlers,
  | 'link-up'
  | 'link-down'
  | 'link-lost'
  | 'restricted'
  | 'settings'
  | 'draining'
  | 'stop'
  | 'leave'
> = {
  'link-up'({ session, step }) {
    if (session.connection.kind === 'gone') return;
    session.connection = { kind: 'up' };
    session.reconnect = { ...session.reconnect, upAtMs: step.atMs };
  },

  'link-down'(draft, { isHeard }) {
    // Nothing more is said, and utterances end. The loss is reported once Discord has confirmed it, up to a second later.
    if (draft.session.connection.kind !== 'up') return;
    draft.session.connection = { kind: 'closing' };
    silenceCurrentReply(draft, isHeard);
    endPausedUtterances(draft);
    breakOffUtterances(draft, (_turn, { isEnded }) => !isEnded);
  },

  'link-lost'(draft, event) {
    const { session, step } = draft;
    if (session.connection.kind === 'gone') return;
    const { rules } = step;
    const { reconnect, waitMs } = planRetry(session.reconnect, event, rules.reconnect);
    session.reconnect = reconnect;
    if (event.final || waitMs === undefined) {
      endSession(draft, { why: event.final ?? 'refused' });
      return;
    }
    session.connection = { kind: 'waiting', tryAtMs: step.atMs + waitMs };
    if (reconnect.losses === rules.reconnect.minReportedLosses)
      emitEffect(draft, { do: 'notice', line: 'reconnecting' });
  },

  restricted(draft, { how: restriction, isOn }) {
    const { session } = draft;
    const wasMuted = isMuted(session);
    const others = session.restrictions.filter((each) => each !== restriction);
    session.restrictions = isOn ? [...others, restriction] : others;
    if (isMuted(session) && !wasMuted) dropEverything(draft, 'muted');
  },

  settings({ session }, event) {
    session.settings = { ...session.settings, ...event.settings };
  },

  /** Finishes the current clause, and tells waiting people that they get no answer. */
  draining(draft) {
    draft.session.isEnding = true;
    const waitingTurns = draft.turns.filter(
      (turn) => turn.parts.length > 0 && !findHeardReply(draft, turn.id),
    );
    for (const turn of waitingTurns) loseTurn(draft, turn, 'ending');
    const unsaid = draft.turnQueue.announcements.filter(
      ({ id }) => !findHeardReply(draft, id),
    );
    for (const announcement of unsaid) dropAnnouncement(draft, announcement, 'ending');
    if (draft.turnQueue.current)
      finishReplyClause(draft, draft.turnQueue.current, 'ending');
    if (unsaid.some((announcement) => announcement.when !== 'pause'))
      emitEffect(draft, { do: 'notice', line: 'unanswered' });
  },

  stop(draft) {
    breakOffUtterances(
      draft,
      (_turn, utterance) => utterance.isEnded || isRequested(utterance),
    );
    dropEverything(draft, 'stopped');
    stopDetachedRuns(draft);
  },

  leave: endSession,
};

function silenceCurrentReply(draft: Draft, isHeard: boolean) {
  // A reply that was heard in part is over. One that was not heard, or only up to a tool that still runs, is made anew.
  const { current } = draft.turnQueue;
  if (!current) return;
  const isBegun = isHeard && !isHeldByTool(draft.tools, current.reply);
  const { kind } = current.phase;
  if (kind === 'making' || (kind === 'sounding' && !isBegun))
    requeueReply(draft, current);
  else dropEntry(draft, current.id, 'lost');
}

function endSession(draft: Draft, { why: reason }: Pick<EventOf<'leave'>, 'why'>) {
  if (draft.session.connection.kind === 'gone') return;
  breakOffUtterances(draft, () => true);
  dropEverything(draft, 'left');
  endTools(draft);
  draft.session.connection = { kind: 'gone' };
  emitEffect(draft, { do: 'end', why: reason });
}

/** Ends a session that was alone for too long, and begins the next try to reconnect. */
export function expireConnection(draft: Draft): void {
  const { connection, settings } = draft.session;
  if (connection.kind === 'gone') return;
  const { aloneFromMs } = draft.presence;
  const { atMs } = draft.step;
  const isAlone =
    aloneFromMs !== undefined && atMs - aloneFromMs >= settings.leaveAfterMs;
  if (isAlone) endSession(draft, { why: 'alone' });
  else if (connection.kind === 'waiting' && atMs >= connection.tryAtMs) {
    draft.session.connection = { kind: 'opening' };
    emitEffect(draft, { do: 'open-link' });
  }
}
