import type { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import { type JsonEvent, toSocketUrl } from '#src/provider/json-socket.ts';
import {
  type TokenUsage,
  toReportedCount,
} from '#src/provider/models/request-reservation.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { RealtimeFault } from '#src/provider/realtime/realtime-faults.ts';
import type {
  LiveAddition,
  LiveFact,
  LiveHistoryItem,
  LiveProtocol,
  LiveResult,
  LiveStart,
  TurnLimits,
} from './live-protocol.ts';

/** The server hears this rate, and speaks 24 kHz: https://ai.google.dev/gemini-api/docs/live-api/capabilities */
const inputRateHz = 16_000;
const path =
  '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';
/** A turn is charged for all tokens of the session, so a session is left long before the 131,072 that the model takes. */
const maxContextTokens = 16_000;
/**
 * An answer of 80 s by the 25 tokens of a second of speech: https://ai.google.dev/gemini-api/docs/live-api/capabilities.
 * Elsewhere a second of sound has 32: https://ai.google.dev/gemini-api/docs/tokens
 */
const turnLimits: TurnLimits = { maxOutputTokens: 2_000, tokensPerSecond: 32 };

/** The one function of the model, by which it hands work over. Its task stands in the words that were heard. */
const delegation = {
  name: 'delegate',
  description:
    'Hands over the wish that the person has just spoken, and gives its result.',
};

/**
 * Google's Live API: https://ai.google.dev/api/live
 *
 * The bot decides when a question is over, so the model's own detection of voices is off. Words of the model that come while
 * the person speaks belong to an answer that this has interrupted.
 */
export class GeminiProtocol implements LiveProtocol {
  readonly inputRateHz: number = inputRateHz;
  readonly hearsSilence: boolean = false;
  readonly maxResultChars: number = 8_000;
  readonly isKeyInUrl: boolean = true;
  readonly turnLimits: TurnLimits = turnLimits;
  /** The person speaks: their sound is sent, and its end is not. */
  #isHearing = false;
  /** The content up to the end of this turn was interrupted. */
  #isInterrupted = false;
  #additions = 0;

  /** Returns the address of the socket, for a base URL of any of Google's APIs. */
  toUrl({ baseUrl }: RemoteServer): URL {
    return toSocketUrl(baseUrl.replace(/\/v1(?:beta)?(?:\/openai)?\/?$/, ''), path, {});
  }

  /** Creates the setup, which nothing changes later. */
  createStart({ model }: RemoteServer, start: LiveStart): JsonEvent {
    const { history, instructions, voice } = start;
    const speech = { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } } };
    return {
      setup: {
        model: model.startsWith('models/') ? model : `models/${model}`,
        generationConfig: {
          responseModalities: ['AUDIO'],
          maxOutputTokens: turnLimits.maxOutputTokens,
          ...(voice !== undefined && { speechConfig: speech }),
        },
        ...(instructions !== '' && {
          systemInstruction: { parts: [{ text: instructions }] },
        }),
        tools: [{ functionDeclarations: [delegation] }],
        realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
        inputAudioTranscription: {},
        outputAudioTranscription: {},
        ...(history.length > 0 && {
          historyConfig: { initialHistoryInClientContent: true },
        }),
      },
    };
  }

  /** Creates the earlier words, which the model knows and does not answer. */
  createHistory({ history }: LiveStart): readonly JsonEvent[] {
    if (history.length === 0) return [];
    const turns = history.map(toContent);
    return [{ clientContent: { turns, turnComplete: true } }];
  }

  /** Creates a piece of sound. The first piece of a question begins it. */
  createSound({ buffer, byteLength, byteOffset }: Int16Array): readonly JsonEvent[] {
    const data = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
    const mimeType = `audio/pcm;rate=${inputRateHz}`;
    const sound = { realtimeInput: { audio: { data, mimeType } } };
    if (this.#isHearing) return [sound];
    this.#isHearing = true;
    return [{ realtimeInput: { activityStart: {} } }, sound];
  }

  /** Ends the question. Nothing if no sound of it has left. */
  createQuestionEnd(): readonly JsonEvent[] {
    if (!this.#isHearing) return [];
    this.#isHearing = false;
    return [{ realtimeInput: { activityEnd: {} } }];
  }

  /** The session goes on as it is: the next question ends the turn. */
  createAppend(_kind: 'instructions' | 'thinking', text: string): LiveAddition {
    const turns = [toContent({ role: 'developer', text })];
    return this.#toAddition({ clientContent: { turns, turnComplete: false } });
  }

  /** Gives the result to the call that wants it. The model says it once it is idle. */
  createResult({ delegationId, isLast, text }: LiveResult): LiveAddition {
    const result = {
      id: delegationId,
      name: delegation.name,
      response: { output: text },
      scheduling: 'WHEN_IDLE',
      ...(!isLast && { willContinue: true }),
    };
    const event = { toolResponse: { functionResponses: [result] } };
    // The server tells nothing of what it was given.
    return { ...this.#toAddition(event), facts: [placedFact] };
  }

  /** The end of the connection ends the session. */
  createClose(): readonly JsonEvent[] {
    return [];
  }

  /** Reads all parts of a message, which may hold several at once. */
  readEvent(event: JsonEvent): readonly LiveFact[] {
    const { error, goAway, serverContent, setupComplete, toolCall, usageMetadata } =
      event;
    return [
      ...(isObject(setupComplete) ? [startedFact] : []),
      ...(isObject(serverContent) ? this.#readContent(serverContent) : []),
      ...(isObject(toolCall) ? readCalls(toolCall) : []),
      ...(isObject(usageMetadata) ? readUsage(usageMetadata) : []),
      ...(isObject(goAway) ? [readLeave(goAway)] : []),
      ...(isObject(error)
        ? [{ kind: 'refused', fault: readFault(error) } as const]
        : []),
    ];
  }

  /** A server that starts no session closes the connection with a sentence. */
  findLossFault({ about: { serverMessage } }: BotError): RealtimeFault | undefined {
    return serverMessage ? readFault({ message: serverMessage }) : undefined;
  }

  #readContent(content: JsonEvent): readonly LiveFact[] {
    const { inputTranscription, interrupted, outputTranscription, turnComplete } =
      content;
    if (interrupted === true) this.#isInterrupted = true;
    const heard = readWords('heard', inputTranscription);
    const isStale = this.#isHearing || this.#isInterrupted;
    if (turnComplete === true) this.#isInterrupted = false;
    if (isStale) return heard;
    return [
      ...heard,
      // Words that begin a pause of the sound stand before the sound.
      ...readWords('spoke', outputTranscription),
      ...readSound(content),
      ...(turnComplete === true ? [readEnd(content)] : []),
    ];
  }

  #toAddition(event: JsonEvent): LiveAddition {
    return { id: `addition_${++this.#additions}`, events: [event] };
  }
}

const placedFact = { kind: 'placed', append: 'commentary' } as const;
const startedFact = { kind: 'started', expiresAtMs: undefined } as const;

function isObject(value: unknown): value is JsonEvent {
  return typeof value === 'object' && value !== null;
}

function toContent({ role, text }: LiveHistoryItem) {
  return { role: role === 'assistant' ? 'model' : 'user', parts: [{ text }] };
}

function readWords(kind: 'heard' | 'spoke', transcription: unknown): LiveFact[] {
  const { text } = toRecord(transcription);
  return typeof text === 'string' && text !== ''
    ? [{ kind, text, fromMs: 0, toMs: 0 }]
    : [];
}

function readSound({ modelTurn }: JsonEvent): LiveFact[] {
  const { parts } = toRecord(modelTurn);
  return (Array.isArray(parts) ? parts : []).flatMap((part): LiveFact[] => {
    const { data, mimeType } = toRecord(toRecord(part).inlineData);
    if (typeof data !== 'string' || !`${mimeType}`.startsWith('audio/pcm')) return [];
    const bytes = Buffer.from(data, 'base64');
    const whole = bytes.subarray(0, bytes.length & ~1);
    return whole.length === 0 ? [] : [{ kind: 'sound', bytes: whole }];
  });
}

/** Reasons for the end of a turn by which a moderation stops it: https://ai.google.dev/api/live */
const refusedTurn = /PROHIBITED|SAFETY|BLOCKLIST|_IP_|REJECTED|SPII/;

function readEnd({ turnCompleteReason }: JsonEvent): LiveFact {
  return refusedTurn.test(`${turnCompleteReason}`)
    ? { kind: 'closed', reason: 'content', seconds: 0 }
    : { kind: 'silent' };
}

function readCalls({ functionCalls }: JsonEvent): LiveFact[] {
  return (Array.isArray(functionCalls) ? functionCalls : []).flatMap(
    (call): LiveFact[] => {
      const id = toNonEmptyText(toRecord(call).id);
      return id === undefined ? [] : [{ kind: 'delegated', id }];
    },
  );
}

/** The server counts tokens of each turn, and no time: https://ai.google.dev/api/live#UsageMetadata */
function readUsage(counts: JsonEvent): LiveFact[] {
  const tokens = toReportedCount(counts.totalTokenCount);
  if (tokens === undefined) return [];
  const turn = readTurn(counts, tokens);
  const contextShare = tokens / maxContextTokens;
  return [{ kind: 'used', seconds: 0, contextShare, turn }];
}

/** All tokens but those that were read were said or thought. Tokens that no modality names count as sound, which is the dearest. */
function readTurn(counts: JsonEvent, tokens: number): TokenUsage {
  const read = toReportedCount(counts.promptTokenCount) ?? tokens;
  const inputTokens = Math.min(
    tokens,
    read + (toReportedCount(counts.toolUsePromptTokenCount) ?? 0),
  );
  const outputTokens = tokens - inputTokens;
  const readText =
    countText(counts.promptTokensDetails) +
    countText(counts.toolUsePromptTokensDetails);
  const saidText =
    countText(counts.responseTokensDetails) +
    (toReportedCount(counts.thoughtsTokenCount) ?? 0);
  return {
    inputTokens,
    audioInputTokens: Math.max(0, inputTokens - readText),
    outputTokens,
    audioOutputTokens: Math.max(0, outputTokens - saidText),
  };
}

function countText(details: unknown) {
  let count = 0;
  for (const part of Array.isArray(details) ? details : []) {
    const { modality, tokenCount } = toRecord(part);
    if (modality === 'TEXT') count += toReportedCount(tokenCount) ?? 0;
  }
  return count;
}

/** A duration of Google is a text such as `9.5s`. */
function readLeave({ timeLeft }: JsonEvent): LiveFact {
  const seconds = Number.parseFloat(`${timeLeft}`);
  return { kind: 'ends soon', inMs: seconds > 0 ? seconds * 1000 : 0 };
}

/** Sentences by which a server refuses, as no field of a closed connection names the kind. */
const refusals = [
  [/api[ _]key|unauthenticated|permission|credential/i, 'invalid_api_key'],
  [/quota|resource.?exhausted|rate.?limit/i, 'rate_limit_exceeded'],
  [/not[ _]found|not supported/i, 'model_not_found'],
  [/invalid|unknown name/i, 'invalid_value'],
] as const;

function readFault({ message, status }: JsonEvent): RealtimeFault {
  const sentence = toNonEmptyText(message) ?? 'no reason given';
  const [, code] =
    refusals.find(([pattern]) => pattern.test(`${status} ${sentence}`)) ?? [];
  return { eventId: undefined, code, param: undefined, message: sentence };
}
