import type { ClientEvent, InitialItem } from 'openai/resources/live/live';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import { type JsonEvent, toSocketUrl } from '#src/provider/json-socket.ts';
import { type RemoteServer, toApiUrl } from '#src/provider/models/standard-models.ts';
import {
  isErrorEvent,
  readErrorEvent,
} from '#src/provider/realtime/realtime-faults.ts';
import type {
  AppendKind,
  LiveAddition,
  LiveEndReason,
  LiveFact,
  LiveHistoryItem,
  LiveProtocol,
  LiveResult,
  LiveStart,
} from './live-protocol.ts';

/** Sound of a session in both directions, fixed at its start: https://developers.openai.com/api/docs/guides/live */
const soundFormat = { type: 'audio/pcm', rate: 24_000 } as const;

/** OpenAI's Live API: https://developers.openai.com/api/docs/guides/live */
export class OpenAiProtocol implements LiveProtocol {
  readonly inputRateHz: number = soundFormat.rate;
  readonly hearsSilence: boolean = true;
  /** An addition is limited to 500 tokens, and a character may be one. */
  readonly maxResultChars: number = 450;
  readonly isKeyInUrl: boolean = false;
  readonly turnLimits: undefined;
  #appends = 0;

  /** Returns the address of the sessions below the base URL. */
  toUrl({ baseUrl }: RemoteServer): URL {
    return toSocketUrl(toApiUrl(baseUrl), '/live/sessions', {});
  }

  /** The history is part of the start. */
  createStart(
    { model }: RemoteServer,
    { history, instructions, voice }: LiveStart,
  ): JsonEvent {
    return toJson({
      type: 'session.start',
      session: {
        model,
        instructions,
        audio: {
          format: soundFormat,
          ...(voice !== undefined && { output: { voice } }),
        },
        delegation: { type: 'client', acknowledgement_delay_ms: 800 },
        ...(history.length > 0 && { input: history.map(toInitialItem) }),
      },
    });
  }

  /** The start holds the history. */
  createHistory(): readonly JsonEvent[] {
    return [];
  }

  /** Creates a piece of sound. */
  createSound({ buffer, byteLength, byteOffset }: Int16Array): readonly JsonEvent[] {
    const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    return [toJson({ type: 'session.input_audio.append', audio })];
  }

  /** The model hears the end by the silence after it. */
  createQuestionEnd(): readonly JsonEvent[] {
    return [];
  }

  /** Creates a rule, or words to be known. */
  createAppend(kind: 'instructions' | 'thinking', text: string): LiveAddition {
    return this.#append(kind, text, null);
  }

  /** Creates words to be spoken, by the id of their work. */
  createResult({ delegationId, text }: LiveResult): LiveAddition {
    return this.#append('commentary', text, delegationId);
  }

  /** Creates the event that the server answers with the end. */
  createClose(): readonly JsonEvent[] {
    return [toJson({ type: 'session.close' })];
  }

  /** Reads an event, which has one meaning at most. */
  readEvent(event: JsonEvent): readonly LiveFact[] {
    const fact = readFact(event);
    return fact ? [fact] : [];
  }

  /** A refusal is an event, which comes before the end of the connection. */
  findLossFault(): undefined {
    return undefined;
  }

  /** Ways to add words: https://developers.openai.com/api/docs/guides/live-prompting */
  #append(kind: AppendKind, content: string, delegationId: string | null) {
    const id = `append_${++this.#appends}`;
    const type = `session.${kind}.append` as const;
    const event = toJson({ type, content, delegation_id: delegationId, event_id: id });
    return { id, events: [event] };
  }
}

/** The types of the package hold for all that is sent. */
function toJson(event: ClientEvent): JsonEvent {
  return { ...event };
}

function toInitialItem({ role, text }: LiveHistoryItem): InitialItem {
  return role === 'assistant'
    ? { type: 'message', role, content: [{ type: 'output_text', text }] }
    : { type: 'message', role, content: [{ type: 'input_text', text }] };
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
