import { addressingRules } from '#src/turn/addressing/addressing.ts';
import { answerWaitRules, queueRules } from '#src/turn/answer-wait.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { reconnectRules } from './reconnect-policy.ts';

export type ConversationRules = typeof conversationRules;

export const conversationRules = {
  queue: queueRules,
  waiting: answerWaitRules,
  reconnect: reconnectRules,
  addressing: addressingRules,
  /** Longest silence, in ms, after which speech continues a turn. */
  mergeMs: endpointRules.mergeMs,
  /** Longest silence of an answer without a tool, in ms. */
  maxSilenceMs: 300_000,
  /** Time, in ms, after a pause in which a partial still belongs to the sound before it. */
  latePartialMs: 80,
  maxParts: 6,
  maxNotices: 3,
  cueGraceMs: 100,
  confirmMs: 60_000,
  spokenYesMs: 20_000,
  /** Time, in ms, in which the end of a question may come back as an echo. */
  echoTailMs: 200,
  /** Most changes that one tool may make in one answer. */
  maxToolCalls: 3,
  maxExchanges: 40,
  droppedNoteMs: 10_000,
  maxDroppedNotes: 5,
  understoodNoteMs: 60_000,
};
