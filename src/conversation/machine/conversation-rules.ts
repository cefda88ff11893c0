import {
  type AddressingRules,
  addressingRules,
} from '#src/turn/addressing/addressing.ts';
import {
  type AnswerWaitRules,
  answerWaitRules,
  type QueueRules,
  queueRules,
} from '#src/turn/answer-wait.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import { reconnectRules } from './reconnect-policy.ts';

export type ConversationRules = {
  readonly queue: QueueRules;
  readonly waiting: AnswerWaitRules;
  readonly reconnect: typeof reconnectRules;
  readonly addressing: Omit<AddressingRules, 'mode' | 'names'>;
  /** Longest silence, in ms, after which speech continues a turn. */
  readonly mergeMs: number;
  /** Longest silence of an answer without a tool, in ms. A chat model may think this long. */
  readonly maxSilenceMs: number;
  /** Time, in ms, after a pause in which a partial still belongs to the sound before it. */
  readonly latePartialMs: number;
  readonly maxParts: number;
  readonly maxNotices: number;
  readonly cueGraceMs: number;
  readonly confirmMs: number;
  readonly spokenYesMs: number;
  /** Time, in ms, in which the end of a question may come back as an echo. */
  readonly echoTailMs: number;
  /** Most changes that one tool may make in one answer. */
  readonly maxToolCalls: number;
  readonly maxExchanges: number;
  readonly droppedNoteMs: number;
  readonly maxDroppedNotes: number;
  readonly understoodNoteMs: number;
};

export const conversationRules: ConversationRules = {
  queue: queueRules,
  waiting: answerWaitRules,
  reconnect: reconnectRules,
  addressing: addressingRules,
  mergeMs: endpointRules.mergeMs,
  maxSilenceMs: 300_000,
  latePartialMs: 80,
  maxParts: 6,
  maxNotices: 3,
  cueGraceMs: 100,
  confirmMs: 60_000,
  spokenYesMs: 20_000,
  echoTailMs: 200,
  maxToolCalls: 3,
  maxExchanges: 40,
  droppedNoteMs: 10_000,
  maxDroppedNotes: 5,
  understoodNoteMs: 60_000,
};
