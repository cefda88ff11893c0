import type { BotError } from '#src/base/errors.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { TokenUsage } from '#src/provider/models/request-reservation.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { RealtimeFault } from '#src/provider/realtime/realtime-faults.ts';

/** Ways to add words to a running session: a rule, words to be spoken, or words to be known. */
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

/** The meaning of one event of a Live server, or of a part of it. */
export type LiveFact =
  /** `expiresAtMs` is the wall time of its end. Undefined if the server tells none. */
  | { readonly kind: 'started'; readonly expiresAtMs: number | undefined }
  /** The server ends the session in so many ms. */
  | { readonly kind: 'ends soon'; readonly inMs: number }
  /** 16-bit little-endian mono at the rate of the session, silence included. */
  | { readonly kind: 'sound'; readonly bytes: Buffer }
  /** The model has said all that it means to, and no sound follows until it gets more. Servers that send silence tell none. */
  | { readonly kind: 'silent' }
  | ({ readonly kind: 'heard' } & LiveWords)
  | ({ readonly kind: 'spoke' } & LiveWords)
  /** The model wants work done. Its task stands in the words that were heard, and nowhere else. */
  | { readonly kind: 'delegated'; readonly id: string }
  /** Added words stand on the timeline now. */
  | { readonly kind: 'placed'; readonly append: AppendKind }
  /** Added words never came to stand on the timeline. The session goes on. */
  | { readonly kind: 'unplaced' }
  /** `seconds` is a running total. `contextShare` is 0 to 1. `turn` is there where the server charges turns. */
  | {
      readonly kind: 'used';
      readonly seconds: number;
      readonly contextShare: number | undefined;
      readonly turn?: TokenUsage;
    }
  | { readonly kind: 'refused'; readonly fault: RealtimeFault }
  | {
      readonly kind: 'closed';
      readonly reason: LiveEndReason;
      readonly seconds: number;
    };

/** Everything that a session is told at its start, and that nothing changes later. */
export type LiveStart = {
  readonly instructions: string;
  /** Voice of the persona. Absent: the server's own choice. */
  readonly voice: string | undefined;
  /** Earlier words of the conversation, oldest first. */
  readonly history: readonly LiveHistoryItem[];
};

/** A message of the conversation before the session. */
export type LiveHistoryItem = {
  readonly role: 'developer' | 'user' | 'assistant';
  readonly text: string;
};

/** A piece of a result that goes to the model. */
export type LiveResult = {
  readonly delegationId: string;
  readonly text: string;
  /** False if more of it follows. */
  readonly isLast: boolean;
};

/** The name of an addition, and the events that carry it. */
export type LiveAddition = {
  readonly id: string;
  readonly events: readonly JsonEvent[];
  /** Facts that hold once it has left, from a server that tells none of them. */
  readonly facts?: readonly LiveFact[];
};

/** Limits of a turn of a server that charges each turn for the tokens of the whole session, and no time. */
export type TurnLimits = {
  /** Most tokens that the model says in one turn, to which the start limits it. */
  readonly maxOutputTokens: number;
  /** Most tokens of a second of sound, heard or spoken. */
  readonly tokensPerSecond: number;
};

/** Speaks with one kind of Live server in its own words. Each session has one, which may keep a state. */
export interface LiveProtocol {
  /** Rate of the sound that the server hears. */
  readonly inputRateHz: number;
  /** The clock of the session is its input, so that silence has to be sent while an answer is due. */
  readonly hearsSilence: boolean;
  /** Most characters of a piece of a result. */
  readonly maxResultChars: number;
  /** The key stands in the query of the address, and in no header. */
  readonly isKeyInUrl: boolean;
  /** Undefined: the server charges time. */
  readonly turnLimits: TurnLimits | undefined;
  /** Returns the address of the socket, without a key. */
  toUrl(server: RemoteServer): URL;
  /** Creates the first event. No other may leave before the server has started the session. */
  createStart(server: RemoteServer, start: LiveStart): JsonEvent;
  /** Creates what has to follow the start. */
  createHistory(start: LiveStart): readonly JsonEvent[];
  /** Creates the events of mono samples at `inputRateHz`. */
  createSound(samples: Int16Array): readonly JsonEvent[];
  /** Creates the events by which a question ends, once all its sound has left. */
  createQuestionEnd(): readonly JsonEvent[];
  /** Adds words to be known. */
  createAppend(kind: 'instructions' | 'thinking', text: string): LiveAddition;
  /** Gives the result of work, which the model says. */
  createResult(result: LiveResult): LiveAddition;
  /** Creates the events that end a session. None: the end of the connection does. */
  createClose(): readonly JsonEvent[];
  /** Reads one event. None: it means nothing here. */
  readEvent(event: JsonEvent): readonly LiveFact[];
  /** Finds why the server did not start the session and hung up instead. Undefined if it gave no reason. */
  findLossFault(loss: BotError): RealtimeFault | undefined;
}

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
 * Steps a session by one event of its server. An event that means nothing is counted and has no fact.
 *
 * @example
 * import { newLiveState, stepLive } from '#src/provider/live/live-protocol.ts';
 * import { OpenAiProtocol } from '#src/provider/live/openai-protocol.ts';
 *
 * const event = { type: 'session.usage.updated', usage: { seconds: 7 } };
 * const [, [fact]] = stepLive(newLiveState, event, new OpenAiProtocol());
 * fact?.kind; // 'used'
 */
export function stepLive(
  state: LiveState,
  event: JsonEvent,
  protocol: Pick<LiveProtocol, 'readEvent'>,
): readonly [LiveState, readonly LiveFact[]] {
  const facts: LiveFact[] = [];
  let next = state;
  for (const fact of state.phase === 'closed' ? [] : protocol.readEvent(event)) {
    if (next.phase === 'closed' || isRepeated(fact, next)) continue;
    next = updateState(next, fact);
    facts.push(fact);
  }
  if (facts.length > 0) return [next, facts];
  return [{ ...state, ignoredEvents: state.ignoredEvents + 1 }, facts];
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
