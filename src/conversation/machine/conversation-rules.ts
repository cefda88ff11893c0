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
  /** Time, in ms, after a pause in which a partial still belongs to the sound before it. */
  latePartialMs: 80,
  maxParts: 6,
  maxExchanges: 40,
  tools: {
    confirmMs: 60_000,
    spokenYesMs: 20_000,
    /** Time, in ms, in which the end of a question may come back as an echo. */
    echoTailMs: 200,
    /** Most changes that one tool may make in one answer. */
    maxCalls: 3,
  },
  notes: { droppedMs: 10_000, maxDropped: 5, understoodMs: 60_000 },
};
