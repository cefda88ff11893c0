import { getNextCueMs } from '#src/turn/answer-wait.ts';
import {
  closeConnection,
  endSession,
  expireConnection,
  openConnection,
  retryConnection,
  startDrain,
  stopEverything,
  updateRestrictions,
  updateSettings,
} from './connection-events.ts';
import {
  applyStoredConsents,
  pauseHearing,
  updateConsent,
  updatePresence,
} from './consent-events.ts';
import type { ConversationRules } from './conversation-rules.ts';
import type { ConversationEffect } from './effects.ts';
import type { ConversationEvent, EventKind, EventOf } from './events.ts';
import {
  applyBargeIn,
  endReply,
  expireReplies,
  notePrompt,
  noteWholeText,
  rejectAnswer,
  startHearing,
  takeEntryOut,
  takeRequestBack,
  updateFailure,
  updateStarvation,
} from './reply-events.ts';
import {
  type Draft,
  filterPanelNotes,
  findAwaitedReply,
  getGiveUpTime,
  isQuiet,
} from './selectors.ts';
import {
  beginUtterance,
  endUtterance,
  expectEnd,
  overlayUtterance,
  pauseUtterance,
  receiveNoTranscript,
  receivePartial,
  receiveTranscript,
  receiveTypedQuestion,
  resumeUtterance,
} from './speech-events.ts';
import type { ConversationState } from './state.ts';
import {
  closeFailedConfirmation,
  decideCall,
  expireConfirmations,
  finishToolRun,
  pressConfirmation,
} from './tool-decisions.ts';
import { openAddressingWindow } from './turn-addressing.ts';
import { outdateAnswers, rememberWrittenExchange } from './turn-lifecycle.ts';
import {
  announceText,
  beginNextAnswer,
  expireAnnouncements,
  queueNotice,
  startNextEntry,
} from './turn-queue.ts';
import { decideUtterances } from './utterance-decisions.ts';

export type ConversationStep = {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
};

type Handlers = {
  readonly [Kind in EventKind]: (draft: Draft, event: EventOf<Kind>) => void;
};

/** Each event and the function that handles it: the table of contents of this folder. */
const handlers: Handlers = {
  began: beginUtterance,
  paused: pauseUtterance,
  resumed: resumeUtterance,
  'likely-over': expectEnd,
  overlaid: overlayUtterance,
  ended: endUtterance,
  barged: applyBargeIn,
  partial: receivePartial,
  words: receiveTranscript,
  unrecognised: receiveNoTranscript,
  prompted: notePrompt,
  audible: startHearing,
  whole: noteWholeText,
  starved: updateStarvation,
  over: endReply,
  refused: rejectAnswer,
  called: decideCall,
  returned: finishToolRun,
  pressed: pressConfirmation,
  'ask-failed': closeFailedConfirmation,
  typed: receiveTypedQuestion,
  exchanged: rememberWrittenExchange,
  outdated: outdateAnswers,
  read: announceText,
  notify: queueNotice,
  'taken-back': takeRequestBack,
  'taken-out': takeEntryOut,
  failure: updateFailure,
  stop: stopEverything,
  'opened-window': openAddressingWindow,
  people: updatePresence,
  'answered-consent': updateConsent,
  consents: applyStoredConsents,
  'paused-hearing': pauseHearing,
  'link-up': openConnection,
  'link-down': closeConnection,
  'link-lost': retryConnection,
  restricted: updateRestrictions,
  settings: updateSettings,
  draining: startDrain,
  leave: endSession,
  tick: () => undefined,
};

/**
 * One step of the conversation in one voice channel. Pure, and never throws.
 *
 * @example
 * import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
 * import { createConversationState } from '#src/conversation/machine/state.ts';
 * import { stepConversation } from '#src/conversation/machine/step.ts';
 *
 * const mode = { mode: 'talk', addressing: 'auto', isSparing: false, trustsPartials: false } as const;
 * const state = createConversationState({ ...mode, names: ['Nova'], leaveAfterMs: 60_000 });
 * const open = stepConversation(state, { kind: 'link-up', atMs: 0 }, conversationRules);
 * const asked = { kind: 'typed', request: 1, by: '1', name: 'Ana', text: 'How deep is the sea?', atMs: 10 } as const;
 * stepConversation(open.state, asked, conversationRules).effects.map((effect) => effect.do); // ['begin', 'play']
 */
export function stepConversation(
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
): ConversationStep {
  const draft = createDraft(state, event, rules);
  for (let next = draft.raised.shift(); next; next = draft.raised.shift()) {
    const handler = handlers[next.kind] as (
      draft: Draft,
      event: ConversationEvent,
    ) => void;
    handler(draft, next);
    decideUtterances(draft);
  }
  expireReplies(draft);
  expireConfirmations(draft);
  filterPanelNotes(draft, ({ untilMs }) => untilMs > draft.atMs);
  expireConnection(draft);
  startNextEntry(draft);
  // After the queue has moved on: a notice that may not wait at all is said if it is quiet now, however late this step comes.
  expireAnnouncements(draft);
  beginNextAnswer(draft);
  const { atMs: _atMs, effects, raised: _raised, rules: _rules, ...after } = draft;
  return { state: after, effects };
}

function createDraft(
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
) {
  // By hand, as `structuredClone` makes a step three times as slow.
  const { confirmations, consent, turnQueue, panelNotes, announcements, turns } = state;
  return {
    ...state,
    consent: { ...consent },
    panelNotes: { ...panelNotes },
    turnQueue: { ...turnQueue, current: turnQueue.current && { ...turnQueue.current } },
    confirmations: copyAll(confirmations),
    announcements: copyAll(announcements),
    turns: turns.map((turn) => ({
      ...turn,
      openSpeech: copyAll(turn.openSpeech),
      answer: turn.answer && { ...turn.answer },
      changes: copyAll(turn.changes),
    })),
    effects: [],
    raised: [event],
    rules,
    atMs: event.atMs,
  };
}

function copyAll<Item>(items: readonly Item[]) {
  return items.map((one) => ({ ...one }));
}

/** Instant, in ms, of the next `tick`. Infinite where nothing passes by itself. */
export function getWakeTime(
  state: ConversationState,
  rules: ConversationRules,
): number {
  const never = Number.POSITIVE_INFINITY;
  if (state.isOver) return never;
  const {
    aloneFromMs,
    confirmations,
    connection,
    panelNotes,
    announcements,
    settings: set,
  } = state;
  const due = [
    aloneFromMs === undefined ? never : aloneFromMs + set.leaveAfterMs,
    connection.kind === 'waiting' ? connection.tryAtMs : never,
    ...announcements.map(({ untilMs }) => untilMs),
    ...confirmations.map((one) =>
      one.spokenState === 'accepted' ? one.toMs : one.untilMs,
    ),
    ...[...panelNotes.dropped, ...panelNotes.understood].map(({ untilMs }) => untilMs),
    ...listWaitingDueTimes(state, rules),
    ...listCurrentDueTimes(state, rules),
  ];
  return Math.min(...due);
}

function listWaitingDueTimes(
  { turnQueue, turns }: ConversationState,
  { queue }: ConversationRules,
) {
  const waiting = turns.filter(({ id }) => turnQueue.waiting.includes(id));
  return waiting.map(({ endedMs }) => endedMs + queue.maxWaitMs);
}

function listCurrentDueTimes(state: ConversationState, rules: ConversationRules) {
  const awaited = findAwaitedReply(state);
  if (!awaited) return [];
  const cueMs = Math.max(
    getNextCueMs(awaited.waiting, rules.waiting),
    awaited.fromMs + rules.cueGraceMs,
  );
  return [...(isQuiet(state) ? [cueMs] : []), getGiveUpTime(state, rules)];
}
