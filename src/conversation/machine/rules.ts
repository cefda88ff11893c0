import { type AddressingRules, addressingRules } from '#src/turn/addressing/addressing.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { type QueueRules, queueRules, type WaitingRules, waitingRules } from '#src/turn/waiting.ts';
import { reconnectRules } from './reconnect-policy.ts';

/** Bounds and delays of a conversation. */
export type ConversationRules = {
  readonly queue: QueueRules;
  readonly waiting: WaitingRules;
  readonly reconnect: typeof reconnectRules;
  readonly addressing: Omit<AddressingRules, 'mode' | 'names'>;
  /** Longest silence, in ms, after which speech continues a turn. */
  readonly mergeMs: number;
  /** Longest silence of an answer, in ms, that no tool holds up: a chat model may think as long. */
  readonly longestSilenceMs: number;
  /** Time, in ms, after a pause in which partial words are still of the sound before it. */
  readonly latePartialMs: number;
  /** Utterances of one turn. The oldest are left out. */
  readonly mostParts: number;
  /** Notices that wait; a further one is refused. */
  readonly mostNotices: number;
  /** Time, in ms, in which a ready answer may sound before an overdue cue. */
  readonly cueGraceMs: number;
  /** Time, in ms, for which a button of Confirm counts. */
  readonly confirmMs: number;
  /** Time, in ms, after a spoken question in which a yes counts. */
  readonly spokenYesMs: number;
  /** Time, in ms, in which the last word of a question may come back as an echo. */
  readonly echoTailMs: number;
  /** Calls of one tool with an effect that an answer may make, with different arguments. */
  readonly mostCalls: number;
  readonly mostExchanges: number;
  /** Time, in ms, for which the panel shows a dropped question, and the most of them. */
  readonly droppedMs: number;
  readonly mostDropped: number;
  /** Time, in ms, for which the panel shows a question. */
  readonly understoodMs: number;
};

export const conversationRules: ConversationRules = {
  queue: queueRules,
  waiting: waitingRules,
  reconnect: reconnectRules,
  addressing: addressingRules,
  mergeMs: endpointRules.mergeMs,
  longestSilenceMs: 300_000,
  latePartialMs: 80,
  mostParts: 6,
  mostNotices: 3,
  cueGraceMs: 100,
  confirmMs: 60_000,
  spokenYesMs: 20_000,
  echoTailMs: 200,
  mostCalls: 3,
  mostExchanges: 40,
  droppedMs: 10_000,
  mostDropped: 5,
  understoodMs: 60_000,
};
