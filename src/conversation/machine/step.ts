import { getNextCueMs } from '#src/turn/answer-wait.ts';
import { consentHandlers } from './consent-events.ts';
import type { ConversationRules } from './conversation-rules.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  filterPanelNotes,
  findAwaitedReply,
  findHeardReply,
  findToolStart,
  getConfirmationDueTime,
  getDetachTime,
  getGiveUpTime,
  isHeldByTool,
  isMuted,
  isQuiet,
  isRequested,
} from './draft.ts';
import type { ConversationEffect } from './effects.ts';
import type { ConversationEvent, EventOf } from './events.ts';
import { planRetry } from './reconnect-policy.ts';
import { expireReplies, replyHandlers } from './reply-events.ts';
import { endPausedUtterances, speechHandlers } from './speech-events.ts';
import type { ConversationState } from './state.ts';
import {
  detachLongRuns,
  endTools,
  expireConfirmations,
  stopDetachedRuns,
  toolHandlers,
} from './tool-decisions.ts';
import { addressingHandlers } from './turn-addressing.ts';
import {
  dropAnnouncement,
  dropEntry,
  dropEverything,
  finishReplyClause,
  lifecycleHandlers,
  loseTurn,
  requeueReply,
} from './turn-lifecycle.ts';
import {
  beginNextAnswer,
  discardWrongSuppositions,
  expireAnnouncements,
  queueHandlers,
  startNextEntry,
} from './turn-queue.ts';
import {
  breakOffUtterances,
  decideUtterances,
  obeyLocalWords,
} from './utterance-decisions.ts';

/** The state after a step, and the effects that runners perform. */
export type ConversationStep = {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
};

/** Those of the connection, restrictions, settings and the session's end stand here, the others by what they change. */
const handlers: EventHandlers = {
  ...speechHandlers,
  ...replyHandlers,
  ...toolHandlers,
  ...queueHandlers,
  ...lifecycleHandlers,
  ...addressingHandlers,
  ...consentHandlers,
  'local-words': obeyLocalWords,
  tick: () => undefined,

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

/**
 * Returns the next state and effects of the conversation in one voice channel. Pure, and never throws.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
 * import { createConversationState } from '#src/conversation/machine/state.ts';
 * import { stepConversation } from '#src/conversation/machine/step.ts';
 *
 * const mode = { mode: 'talk', addressing: 'auto', isSparing: false, trustsPartials: false } as const;
 * const state = createConversationState({ ...mode, names: ['Nova'], leaveAfterMs: 60_000 });
 * const open = stepConversation(state, { kind: 'link-up', atMs: 0 }, conversationRules);
 * const by = toPersonId('1');
 * const asked = { kind: 'typed', request: 1, by, name: 'Ana', text: 'How deep is the sea?', atMs: 10 } as const;
 * stepConversation(open.state, asked, conversationRules).effects.map((effect) => effect.do); // ['begin', 'play']
 */
export function stepConversation(
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
): ConversationStep {
  const { atMs } = event;
  const effects: ConversationEffect[] = [];
  const raised = [event];
  const draft = createDraft(state, { atMs, rules, effects, raised });
  for (let next = raised.shift(); next; next = raised.shift()) {
    const handler = handlers[next.kind] as (
      draft: Draft,
      event: ConversationEvent,
    ) => void;
    handler(draft, next);
    decideUtterances(draft);
  }
  expireReplies(draft);
  expireConfirmations(draft);
  detachLongRuns(draft);
  filterPanelNotes(draft.notes, ({ untilMs }) => untilMs > atMs);
  expireConnection(draft);
  discardWrongSuppositions(draft);
  startNextEntry(draft);
  // A notice that may not wait is said if it is quiet by now.
  expireAnnouncements(draft);
  beginNextAnswer(draft);
  const { step: _step, ...nextState } = draft;
  return { state: nextState, effects };
}

function createDraft(state: ConversationState, step: Draft['step']): Draft {
  // By hand, as `structuredClone` makes a step three times as slow.
  const { presence, notes, session, tools, turnQueue, turns } = state;
  const { announcements, current } = turnQueue;
  return {
    ...state,
    session: { ...session },
    presence: { ...presence, consent: { ...presence.consent } },
    notes: { ...notes },
    turnQueue: {
      ...turnQueue,
      current: current && { ...current },
      announcements: copyAll(announcements),
    },
    tools: { ...tools, confirmations: copyAll(tools.confirmations) },
    turns: turns.map((turn) => ({
      ...turn,
      openSpeech: turn.openSpeech.map((utterance) => ({
        ...utterance,
        times: { ...utterance.times },
        heard: { ...utterance.heard },
      })),
      answer: turn.answer && { ...turn.answer },
      changes: copyAll(turn.changes),
    })),
    step,
  };
}

function copyAll<Item>(items: readonly Item[]) {
  return items.map((item) => ({ ...item }));
}

/** Returns the time, in ms, of the next `tick` that the state needs, or Infinity. */
export function getWakeTime(
  state: ConversationState,
  rules: ConversationRules,
): number {
  const never = Number.POSITIVE_INFINITY;
  const { presence, notes, session, tools, turnQueue } = state;
  const { connection, settings } = session;
  if (connection.kind === 'gone') return never;
  const { aloneFromMs } = presence;
  const due = [
    aloneFromMs === undefined ? never : aloneFromMs + settings.leaveAfterMs,
    connection.kind === 'waiting' ? connection.tryAtMs : never,
    ...turnQueue.announcements.map(({ untilMs }) => untilMs),
    ...tools.confirmations.map(getConfirmationDueTime),
    ...tools.runs.map((run) => getDetachTime(run, rules)),
    ...[...notes.dropped, ...notes.understood].map(({ untilMs }) => untilMs),
    ...listQueueDueTimes(state, rules),
    ...listReplyDueTimes(state, rules),
  ];
  return Math.min(...due);
}

function listQueueDueTimes(
  { turnQueue, turns }: ConversationState,
  { queue }: ConversationRules,
) {
  const waitingTurns = turns.filter(({ id }) => turnQueue.waiting.includes(id));
  return waitingTurns.map(({ endedMs }) => endedMs + queue.maxWaitMs);
}

function listReplyDueTimes(
  state: ConversationState,
  { waiting: rules }: ConversationRules,
) {
  const awaitedReply = findAwaitedReply(state);
  if (!awaitedReply) return [];
  const cueMs = Math.max(
    getNextCueMs(
      awaitedReply.waiting,
      rules,
      findToolStart(state.tools, awaitedReply.reply),
    ),
    awaitedReply.fromMs + rules.graceMs,
  );
  return [
    ...(isQuiet(state.turns) ? [cueMs] : []),
    getGiveUpTime(state, rules.maxSilenceMs),
  ];
}

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
function expireConnection(draft: Draft): void {
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
