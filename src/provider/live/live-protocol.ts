import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import {
  isErrorEvent,
  type RealtimeFault,
  readErrorEvent,
} from '#src/provider/realtime/realtime-faults.ts';

/**
 * Ways to add words to a running session: a rule, words to be spoken, or words to be known.
 * https://developers.openai.com/api/docs/guides/live-prompting
 */
export type AppendKind = 'instructions' | 'commentary' | 'thinking';

/** Words of the person or of the model, with their place on the session's own timeline, which is coarse. */
export type LiveWords = {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
};

/** Why a session ended, in the words of its server. `unknown` stands for a reason that is none of these. */
export type LiveEndReason =
  | 'close_requested'
  | 'expired'
  | 'content'
  | 'remote_hangup'
  | 'connection_lost'
  | 'unknown';

/** The meaning of one event of a Live server. */
export type LiveFact =
  /** `expiresAtMs` is the wall time of its end. Undefined if the server tells none. */
  | { readonly kind: 'started'; readonly expiresAtMs: number | undefined }
  /** 16-bit little-endian mono at the rate of the session, silence included. */
  | { readonly kind: 'sound'; readonly bytes: Buffer }
  | ({ readonly kind: 'heard' } & LiveWords)
  | ({ readonly kind: 'spoke' } & LiveWords)
  /** The model wants work done. Its task stands in the words that were heard, and nowhere else. */
  | { readonly kind: 'delegated'; readonly id: string }
  /** Added words stand on the timeline now. */
  | { readonly kind: 'placed'; readonly append: AppendKind }
  /** Added words never came to stand on the timeline. The session goes on. */
  | { readonly kind: 'unplaced' }
  /** `seconds` is a running total. `contextShare` is 0 to 1. */
  | {
      readonly kind: 'used';
      readonly seconds: number;
      readonly contextShare: number | undefined;
    }
  | { readonly kind: 'refused'; readonly fault: RealtimeFault }
  | {
      readonly kind: 'closed';
      readonly reason: LiveEndReason;
      readonly seconds: number;
    };

/** Everything that the events of its server tell of a session. */
export type LiveState = {
  readonly phase: 'opening' | 'open' | 'closed';
  /** Seconds that the server counts, a running total that never falls. */
  readonly seconds: number;
  /** Share of the model's context that is used, 0 to 1. */
  readonly contextShare: number;
  /** Work that was handed over. An id that comes twice is the same work. */
  readonly delegations: readonly string[];
  /** Events that mean nothing here: unknown, unreadable, repeated, or after the end. */
  readonly ignoredEvents: number;
};

/** The state before the first event. */
export const newLiveState: LiveState = {
  phase: 'opening',
  seconds: 0,
  contextShare: 0,
  delegations: [],
  ignoredEvents: 0,
};

/**
 * Reads one event of a Live server. An event that means nothing is counted and has no fact.
 *
 * @example
 * import { newLiveState, stepLive } from '#src/provider/live/live-protocol.ts';
 *
 * const [, fact] = stepLive(newLiveState, { type: 'session.usage.updated', usage: { seconds: 7 } });
 * fact?.kind; // 'used'
 */
export function stepLive(
  state: LiveState,
  event: JsonEvent,
): readonly [LiveState, LiveFact?] {
  const fact = state.phase === 'closed' ? undefined : readFact(event);
  if (!fact || isRepeated(fact, state))
    return [{ ...state, ignoredEvents: state.ignoredEvents + 1 }];
  return [updateState(state, fact), fact];
}

function isRepeated(fact: LiveFact, { delegations, phase }: LiveState) {
  if (fact.kind === 'delegated') return delegations.includes(fact.id);
  return fact.kind === 'started' && phase !== 'opening';
}

function updateState(state: LiveState, fact: LiveFact): LiveState {
  switch (fact.kind) {
    case 'started':
      return { ...state, phase: 'open' };
    case 'delegated':
      return { ...state, delegations: [...state.delegations, fact.id] };
    case 'used':
      return {
        ...state,
        seconds: Math.max(state.seconds, fact.seconds),
        contextShare: fact.contextShare ?? state.contextShare,
      };
    case 'closed':
      return {
        ...state,
        phase: 'closed',
        seconds: Math.max(state.seconds, fact.seconds),
      };
    default:
      return state;
  }
}

function readFact(event: JsonEvent): LiveFact | undefined {
  if (isErrorEvent(event)) return readRefusal(event);
  switch (event.type) {
    case 'session.started':
      return { kind: 'started', expiresAtMs: readExpiry(event) };
    case 'session.output_audio.delta':
      return readSound(event);
    case 'session.input_transcript.delta':
      return readWords('heard', event);
    case 'session.output_transcript.delta':
      return readWords('spoke', event);
    case 'session.delegation.created':
      return readDelegation(event);
    case 'session.instructions.appended':
      return { kind: 'placed', append: 'instructions' };
    case 'session.commentary.appended':
      return { kind: 'placed', append: 'commentary' };
    case 'session.thinking.appended':
      return { kind: 'placed', append: 'thinking' };
    case 'session.usage.updated':
      return readUsage(event);
    case 'session.closed':
      return {
        kind: 'closed',
        reason: readEndReason(event.reason),
        seconds: readSeconds(event),
      };
    default:
      return undefined;
  }
}

/** One such error comes for each addition that was never placed, and the session's end still follows. */
const unplacedCode = 'context_injection_incomplete';

function readRefusal(event: JsonEvent): LiveFact {
  const fault = readErrorEvent(event);
  if (fault.code === unplacedCode) return { kind: 'unplaced' };
  const { client_event_id: eventId } = toRecord(event.error);
  return {
    kind: 'refused',
    fault: { ...fault, eventId: toNonEmptyText(eventId) ?? fault.eventId },
  };
}

function readExpiry({ session }: JsonEvent) {
  const { expires_at: seconds } = toRecord(session);
  return typeof seconds === 'number' ? seconds * 1000 : undefined;
}

function readSound({ delta }: JsonEvent): LiveFact | undefined {
  const bytes = Buffer.from(toNonEmptyText(delta) ?? '', 'base64');
  const whole = bytes.subarray(0, bytes.length & ~1);
  return whole.length === 0 ? undefined : { kind: 'sound', bytes: whole };
}

function readWords(kind: 'heard' | 'spoke', event: JsonEvent): LiveFact | undefined {
  const { delta, start_ms: fromMs, end_ms: toMs } = event;
  if (typeof delta !== 'string' || delta === '') return undefined;
  return { kind, text: delta, fromMs: toCount(fromMs), toMs: toCount(toMs) };
}

function readDelegation({ delegation }: JsonEvent): LiveFact | undefined {
  const { id, target } = toRecord(delegation);
  const isOurs = target === undefined || target === 'client';
  const text = toNonEmptyText(id);
  return isOurs && text !== undefined ? { kind: 'delegated', id: text } : undefined;
}

function readUsage(event: JsonEvent): LiveFact {
  const { usage_ratio: share } = toRecord(event.context_window);
  const contextShare = typeof share === 'number' ? share : undefined;
  return { kind: 'used', seconds: readSeconds(event), contextShare };
}

function readSeconds({ usage }: JsonEvent) {
  return toCount(toRecord(usage).seconds);
}

function toCount(value: unknown) {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : 0;
}

const endReasons: readonly LiveEndReason[] = [
  'close_requested',
  'expired',
  'content',
  'remote_hangup',
  'connection_lost',
];

function readEndReason(reason: unknown): LiveEndReason {
  return endReasons.find((known) => known === reason) ?? 'unknown';
}
