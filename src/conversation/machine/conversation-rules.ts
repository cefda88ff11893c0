import { addressingRules } from '#src/turn/addressing/addressing.ts';
import { answerWaitRules, queueRules } from '#src/turn/answer-wait.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
import { type ReconnectRules, reconnectRules } from './reconnect-policy.ts';

/** All limits that a step reads, so that tests can choose others. */
export type ConversationRules = {
  readonly queue: typeof queueRules;
  readonly waiting: typeof answerWaitRules;
  readonly reconnect: ReconnectRules;
  readonly addressing: typeof addressingRules;
  /** Longest silence, in ms, after which speech continues a turn. */
  readonly mergeMs: number;
  /** Longest time, in ms, after the first sound of an answer, in which speech of its asker continues the turn. */
  readonly goesOnMs: number;
  /** Time, in ms, after a pause in which a partial still belongs to the sound before it. */
  readonly latePartialMs: number;
  /** Most utterances of one turn. The oldest are forgotten first. */
  readonly maxParts: number;
  /** Most exchanges in the history. Beyond, the older half is left out at once. */
  readonly maxExchanges: number;
  readonly tools: {
    readonly confirmMs: number;
    readonly spokenYesMs: number;
    /** Time, in ms, in which the end of a question may come back as an echo. */
    readonly echoTailMs: number;
    /** Most changes that one tool may make in one answer. */
    readonly maxCalls: number;
    /** Time, in ms, after which an answer waits no longer for a call, whose result is told later. */
    readonly detachMs: number;
  };
  /** Notes on the panel. */
  readonly notes: {
    /** Time, in ms, in which a second microphone may bring words that are decided. */
    readonly decidedMs: number;
    readonly droppedMs: number;
    readonly maxDropped: number;
    readonly understoodMs: number;
  };
};

/** The rules of every session. */
export const conversationRules: ConversationRules = {
  queue: queueRules,
  waiting: answerWaitRules,
  reconnect: reconnectRules,
  addressing: addressingRules,
  mergeMs: endpointRules.mergeMs,
  goesOnMs: bargeInRules.goesOnMs,
  latePartialMs: 80,
  maxParts: 6,
  maxExchanges: 20,
  tools: {
    confirmMs: 60_000,
    spokenYesMs: 20_000,
    echoTailMs: 200,
    maxCalls: 3,
    detachMs: 15_000,
  },
  notes: {
    // Longest wait for a recogniser whose answer still becomes a question.
    decidedMs: 20_000,
    droppedMs: 10_000,
    maxDropped: 25,
    understoodMs: 60_000,
  },
};
