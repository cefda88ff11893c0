import { getNextCueMs } from '#src/turn/answer-wait.ts';
import { connectionHandlers, expireConnection } from './connection-events.ts';
import { consentHandlers } from './consent-events.ts';
import type { ConversationRules } from './conversation-rules.ts';
import {
  type Draft,
  type EventHandlers,
  filterPanelNotes,
  findAwaitedReply,
  findToolStart,
  getConfirmationDueTime,
  getDetachTime,
  getGiveUpTime,
  isQuiet,
} from './draft.ts';
import type { ConversationEffect } from './effects.ts';
import type { ConversationEvent } from './events.ts';
import { expireReplies, replyHandlers } from './reply-events.ts';
import { speechHandlers } from './speech-events.ts';
import type { ConversationState } from './state.ts';
import { detachLongRuns, expireConfirmations, toolHandlers } from './tool-decisions.ts';
import { addressingHandlers } from './turn-addressing.ts';
import { lifecycleHandlers } from './turn-lifecycle.ts';
import {
  beginNextAnswer,
  discardWrongSuppositions,
  expireAnnouncements,
  queueHandlers,
  startNextEntry,
} from './turn-queue.ts';
import { decideUtterances, obeyLocalWords } from './utterance-decisions.ts';

/** The state after a step, and the effects that runners perform. */
export type ConversationStep = {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
};

const handlers: EventHandlers = {
  ...speechHandlers,
  ...replyHandlers,
  ...toolHandlers,
  ...queueHandlers,
  ...lifecycleHandlers,
  ...addressingHandlers,
  ...consentHandlers,
  ...connectionHandlers,
  'local-words': obeyLocalWords,
  tick: () => undefined,
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
