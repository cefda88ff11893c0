import { speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import type { Clock } from '#src/base/clock.ts';
import { lineOf } from '#src/chat/completions/chat-request.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/ports.ts';
import type { JsonEvent, JsonSocket, OpenSocket } from '#src/provider/json-socket.ts';
import { type RemoteServer, type ServedBy, servedBy } from '#src/provider/models/models.ts';
import { RealtimePool, realtimeUrls } from '#src/provider/realtime-pool.ts';
import { RealtimeResponse } from '#src/provider/realtime-response.ts';

/** In `baseUrl`, `http` and `ws` mean the same. */
export type RealtimeTalkOptions = RemoteServer & {
  /** Used if a persona names none. */
  readonly voice?: string;
  readonly maxTokens?: number;
  readonly clock?: Clock;
  readonly openSocket?: OpenSocket;
};

/**
 * Conversations of a server with OpenAI's Realtime API:
 * https://developers.openai.com/api/docs/guides/realtime-conversations
 *
 * Each answer has a connection of its own, at whose end the server forgets everything.
 */
export class RealtimeTalk implements Disposable {
  readonly #options;
  readonly #pool;

  constructor(options: RealtimeTalkOptions) {
    const { baseUrl, maxTokens, model } = options;
    const urls = realtimeUrls(baseUrl, [{ model }]);
    this.#options = options;
    this.#pool = new RealtimePool({
      ...options,
      urls,
      opening: openingUpdate(maxTokens),
      ready: 1,
    });
  }

  /** Never throws and never waits. */
  warm(): void {
    this.#pool.warm();
  }

  /** Returns a model for one answer. Its connection ends with `signal`. */
  begin(signal: AbortSignal): ChatModel {
    const answer = new TalkAnswer(this.#options, this.#pool, signal);
    return {
      reply: (messages, tools, until, mostTokens, voice) =>
        answer.reply({ messages, tools, voice, mostTokens }, until),
    };
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }
}

type TalkRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string | undefined;
  readonly mostTokens: number | undefined;
};

class TalkAnswer {
  readonly #options;
  readonly #pool;
  readonly #by: ServedBy;
  #link: JsonSocket | undefined;
  /** The server has the results of these calls. */
  readonly #results = new Set<string>();
  #requests = 0;

  constructor(options: RealtimeTalkOptions, pool: RealtimePool, signal: AbortSignal) {
    this.#options = options;
    this.#pool = pool;
    this.#by = servedBy(options.model, options.baseUrl);
    signal.addEventListener('abort', () => this.#close(), { once: true });
  }

  async *reply(request: TalkRequest, signal: AbortSignal): AsyncGenerator<ChatPart> {
    const known = this.#link;
    const link = known ?? (await this.#pool.lease(signal));
    this.#link = link;
    const response = this.#ask(link, request, known === undefined);
    let isWhole = false;
    try {
      for await (const part of response.read(signal)) {
        if (part.kind === 'usage') yield { kind: 'usage', usage: { ...part.usage, by: this.#by } };
        else yield part;
      }
      isWhole = true;
    } finally {
      if (!isWhole) this.#close();
    }
  }

  #ask(link: JsonSocket, request: TalkRequest, isFirst: boolean): RealtimeResponse {
    const { messages, mostTokens, tools } = request;
    // After its first request the server knows everything but the results of calls.
    const number = ++this.#requests;
    const [askId, voiceId] = [`ask_${number}`, `voice_${number}`];
    const eventIds = request.voice === undefined ? [askId] : [askId, voiceId];
    const response = new RealtimeResponse({
      ...this.#options,
      link,
      eventIds,
      isLimited: mostTokens !== undefined,
    });
    const [system, ...shown] = messages;
    const voice = request.voice ?? this.#options.voice;
    link.send(mannerUpdate(system?.content ?? '', tools));
    // A rejected update has no effect at all, so the voice has an update of its own.
    const session = { type: 'realtime', audio: { output: { voice } } };
    const isChosen = isFirst && voice !== undefined;
    if (isChosen) link.send({ type: 'session.update', event_id: voiceId, session });
    this.#send(link, shown, isFirst);
    const { maxTokens = Infinity } = this.#options;
    const isShort = mostTokens !== undefined && mostTokens < maxTokens;
    const limit = isShort && { response: { max_output_tokens: mostTokens } };
    link.send({ type: 'response.create', event_id: askId, ...limit });
    return response;
  }

  #send(link: JsonSocket, messages: readonly ChatMessage[], isFirst: boolean) {
    for (const message of messages) {
      const isResult = message.role === 'tool' && !this.#results.has(message.callId);
      if (isFirst || isResult) sendMessage(link, message);
      if (message.role === 'tool') this.#results.add(message.callId);
    }
  }

  #close() {
    if (this.#link) this.#pool.giveBack(this.#link, false);
    this.#link = undefined;
  }
}

const shortestSamples = speakRateHz / 10;

function openingUpdate(maxTokens?: number): JsonEvent {
  const format = { type: 'audio/pcm', rate: speakRateHz };
  // Only the bot decides when a turn is over.
  const audio = { input: { format, turn_detection: null }, output: { format } };
  const limit = maxTokens !== undefined && { max_output_tokens: maxTokens };
  const session = { type: 'realtime', output_modalities: ['audio'], audio, ...limit };
  return { type: 'session.update', session };
}

function mannerUpdate(instructions: string, offered: readonly Tool[]): JsonEvent {
  const tools = offered.map(({ name, description, parameters }) => {
    return { type: 'function', name, description, parameters };
  });
  const session = { type: 'realtime', instructions, tools, tool_choice: 'auto' };
  return { type: 'session.update', session };
}

function sendMessage(link: JsonSocket, message: ChatMessage) {
  for (const item of itemsOf(message)) link.send({ type: 'conversation.item.create', item });
  if ('wav' in message) sendSound(link, message.wav);
}

function itemsOf(message: ChatMessage): readonly JsonEvent[] {
  switch (message.role) {
    case 'system':
      return [itemOf('system', 'input_text', message.content)];
    case 'user':
      return [itemOf('user', 'input_text', lineOf(message.name, message.content).trim())];
    case 'assistant': {
      const { calls = [], content } = message;
      const said = content.trim() === '' ? [] : [itemOf('assistant', 'output_text', content)];
      const called = calls.map(({ argumentsJson, id, name }) => {
        return { type: 'function_call', call_id: id, name, arguments: argumentsJson };
      });
      return [...said, ...called];
    }
    case 'tool': {
      const { callId, content } = message;
      return [{ type: 'function_call_output', call_id: callId, output: content }];
    }
  }
}

function sendSound(link: JsonSocket, wav: Uint8Array) {
  const { samples } = resample(readWav(wav), speakRateHz);
  link.append(samples);
  const missing = shortestSamples - samples.length;
  if (missing > 0) link.append(new Int16Array(missing));
  link.send({ type: 'input_audio_buffer.commit' });
}

function itemOf(role: string, type: string, text: string): JsonEvent {
  return { type: 'message', role, content: [{ type, text }] };
}
