import { isDeepStrictEqual } from 'node:util';
import { readWav } from '#src/audio/formats/wav.ts';
import type { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler, resamplePcm } from '#src/audio/resampler.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/chat-model.ts';
import { formatSpeakerLine } from '#src/chat/completions/chat-request.ts';
import type { JsonEvent, JsonSocket, OpenSocket } from '#src/provider/json-socket.ts';
import {
  describeServer,
  type RemoteServer,
  type ServedBy,
} from '#src/provider/models/standard-models.ts';
import { listRealtimeUrls, RealtimePool } from '#src/provider/realtime-pool.ts';
import { RealtimeResponse } from '#src/provider/realtime-response.ts';

/** A Realtime server with the model that answers. In `baseUrl`, `http` and `ws` mean the same. */
export type RealtimeConversationOptions = RemoteServer & {
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
 * Each answer has its own connection. When that closes, the server forgets everything.
 */
export class RealtimeConversation implements Disposable {
  readonly #options: RealtimeConversationOptions;
  readonly #pool: RealtimePool;
  /** Connections of sounds that were fed and not taken yet. */
  readonly #fed = new WeakMap<LiveSound, Promise<Connection | undefined>>();

  constructor(options: RealtimeConversationOptions) {
    const { baseUrl, maxTokens, model } = options;
    this.#options = options;
    this.#pool = new RealtimePool({
      ...options,
      urls: listRealtimeUrls(baseUrl, [{ model }]),
      opening: createOpeningUpdate(maxTokens),
      maxReady: 1,
    });
  }

  /** Connects ahead of need. Never throws and never waits. */
  warm(): void {
    this.#pool.warm();
  }

  /** Sends instructions and tools, and sound while it is spoken, over the connection of its answer. Never throws. */
  feed(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    sound: LiveSound,
  ): void {
    if (this.#fed.has(sound)) return;
    const update = createInstructionsUpdate(messages, tools);
    const leasing = this.#pool.lease(sound.signal).then(
      (link) => {
        const resampler = new Resampler(listenRateHz, speakRateHz);
        link.send(update);
        sound.startPassing(({ samples }) =>
          link.appendRealtimeSound(resampler.push(samples)),
        );
        return { link, update };
      },
      () => undefined, // The answer gets the error of a connection of its own.
    );
    this.#fed.set(sound, leasing);
    sound.signal.addEventListener('abort', () => this.#dropSound(sound));
  }

  /** Returns a model for one answer. Its connection ends with `signal`. */
  openAnswer(signal: AbortSignal): ChatModel {
    const answer = new RealtimeAnswer(
      this.#options,
      this.#pool,
      (sound) => this.#takeFedConnection(sound),
      signal,
    );
    return {
      reply: (messages, tools, until, maxTokens, voice) =>
        answer.reply({ messages, tools, voice, maxTokens }, until),
    };
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }

  async #dropSound(sound: LiveSound) {
    const { link } = (await this.#takeFedConnection(sound)) ?? {};
    if (!link) return;
    link.send({ type: 'input_audio_buffer.clear' });
    // Servers that do not know this event forget the sound with the connection.
    this.#pool.endLease(link, false);
  }

  /** Takes the connection that a sound was fed to. Undefined if already taken, or lost. */
  async #takeFedConnection(sound: LiveSound) {
    const leasing = this.#fed.get(sound);
    this.#fed.delete(sound);
    const connection = await leasing;
    if (leasing) sound.stopPassing();
    if (connection?.link.isAlive) return connection;
    if (connection) this.#pool.endLease(connection.link, false);
    return undefined;
  }
}

type RealtimeRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string | undefined;
  readonly maxTokens: number | undefined;
};

/** A connection, and the instructions and tools that its server has. */
type Connection = { readonly link: JsonSocket; update?: JsonEvent };

type TakeFedConnection = (sound: LiveSound) => Promise<Connection | undefined>;

/** One answer on one connection, with the results of the tools that it calls. */
class RealtimeAnswer {
  readonly #options: RealtimeConversationOptions;
  readonly #pool: RealtimePool;
  readonly #takeFedConnection: TakeFedConnection;
  readonly #by: ServedBy;
  /** Calls whose results the server has. */
  readonly #sentResults = new Set<string>();
  #connection: Connection | undefined;
  #requests = 0;

  constructor(
    options: RealtimeConversationOptions,
    pool: RealtimePool,
    takeFedConnection: TakeFedConnection,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#pool = pool;
    this.#takeFedConnection = takeFedConnection;
    this.#by = describeServer(options.model, options.baseUrl);
    signal.addEventListener('abort', () => this.#closeAnswer(), { once: true });
  }

  /** Yields the parts of a reply. An end before the last part closes the connection. Throws BotError `provider.*`. */
  async *reply(
    request: RealtimeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const open = this.#connection;
    const fed = open ? undefined : await this.#findFedConnection(request);
    const connection = open ?? fed ?? { link: await this.#pool.lease(signal) };
    this.#connection = connection;
    const response = this.#requestAnswer(connection, request, {
      isFirst: open === undefined,
      isFed: fed !== undefined,
    });
    let isWhole = false;
    try {
      for await (const part of response.read(signal)) {
        if (part.kind === 'usage')
          yield { kind: 'usage', usage: { ...part.usage, by: this.#by } };
        else yield part;
      }
      isWhole = true;
    } finally {
      if (!isWhole) this.#closeAnswer();
    }
  }

  /** Finds the connection that a request's only sound was fed to. */
  async #findFedConnection({ messages }: RealtimeRequest) {
    const [spoken, ...others] = messages.filter((message) => 'wav' in message);
    if (!spoken?.live || others.length > 0) return undefined;
    return await this.#takeFedConnection(spoken.live);
  }

  #requestAnswer(
    connection: Connection,
    request: RealtimeRequest,
    progress: ConversationProgress,
  ) {
    const { link: socket } = connection;
    const number = ++this.#requests;
    const [requestId, voiceId] = [`ask_${number}`, `voice_${number}`];
    const response = new RealtimeResponse({
      ...this.#options,
      socket,
      eventIds: request.voice === undefined ? [requestId] : [requestId, voiceId],
      isLimited: request.maxTokens !== undefined,
    });
    const update = createInstructionsUpdate(request.messages, request.tools);
    if (!isDeepStrictEqual(update, connection.update)) socket.send(update);
    connection.update = update;
    // A rejected update has no effect at all, so the voice has an update of its own.
    const voice = request.voice ?? this.#options.voice;
    const session = { type: 'realtime', audio: { output: { voice } } };
    const isChosen = progress.isFirst && voice !== undefined;
    if (isChosen) socket.send({ type: 'session.update', event_id: voiceId, session });
    this.#sendMessages(socket, request.messages.slice(1), progress);
    const limit = this.#createLimit(request.maxTokens);
    socket.send({ type: 'response.create', event_id: requestId, ...limit });
    return response;
  }

  #createLimit(requestTokens: number | undefined) {
    const { maxTokens = Infinity } = this.#options;
    const isShort = requestTokens !== undefined && requestTokens < maxTokens;
    return isShort && { response: { max_output_tokens: requestTokens } };
  }

  /** After its first request the server knows everything but the results of calls. */
  #sendMessages(
    link: JsonSocket,
    messages: readonly ChatMessage[],
    { isFirst, isFed }: ConversationProgress,
  ) {
    for (const message of messages) {
      const isResult =
        message.role === 'tool' && !this.#sentResults.has(message.callId);
      if (isFirst || isResult) sendMessage(link, message, isFed);
      if (message.role === 'tool') this.#sentResults.add(message.callId);
    }
  }

  #closeAnswer() {
    if (this.#connection) this.#pool.endLease(this.#connection.link, false);
    this.#connection = undefined;
  }
}

/** How much of a conversation its server has before a request. */
type ConversationProgress = {
  /** The server has no message yet. */
  readonly isFirst: boolean;
  /** The server has the sound of the newest message. */
  readonly isFed: boolean;
};

const minSoundSamples = speakRateHz / 10;

function createOpeningUpdate(maxTokens?: number) {
  const format = { type: 'audio/pcm', rate: speakRateHz };
  // Only the bot decides when a turn is over.
  const audio = { input: { format, turn_detection: null }, output: { format } };
  const limit = maxTokens !== undefined && { max_output_tokens: maxTokens };
  const session = { type: 'realtime', output_modalities: ['audio'], audio, ...limit };
  return { type: 'session.update', session };
}

function createInstructionsUpdate(
  [system]: readonly ChatMessage[],
  offeredTools: readonly Tool[],
) {
  const instructions = system?.content ?? '';
  const tools = offeredTools.map(({ name, description, parameters }) => {
    return { type: 'function', name, description, parameters };
  });
  const session = { type: 'realtime', instructions, tools, tool_choice: 'auto' };
  return { type: 'session.update', session };
}

function sendMessage(link: JsonSocket, message: ChatMessage, isFed: boolean) {
  for (const item of toItems(message))
    link.send({ type: 'conversation.item.create', item });
  if (!('wav' in message)) return;
  if (!isFed) appendSound(link, message.wav);
  link.send({ type: 'input_audio_buffer.commit' });
}

function toItems(message: ChatMessage) {
  switch (message.role) {
    case 'system':
      return [createItem('system', 'input_text', message.content)];
    case 'user':
      return [
        createItem(
          'user',
          'input_text',
          formatSpeakerLine(message.name, message.content).trim(),
        ),
      ];
    case 'assistant': {
      const { calls = [], content } = message;
      const textItems =
        content.trim() === '' ? [] : [createItem('assistant', 'output_text', content)];
      const callItems = calls.map(({ argumentsJson, id, name }) => {
        return { type: 'function_call', call_id: id, name, arguments: argumentsJson };
      });
      return [...textItems, ...callItems];
    }
    case 'tool': {
      const { callId, content } = message;
      return [{ type: 'function_call_output', call_id: callId, output: content }];
    }
  }
}

function appendSound(link: JsonSocket, wav: Uint8Array) {
  const { samples } = resamplePcm(readWav(wav), speakRateHz);
  link.appendRealtimeSound(samples);
  const missing = minSoundSamples - samples.length;
  if (missing > 0) link.appendRealtimeSound(new Int16Array(missing));
}

function createItem(role: string, type: string, text: string) {
  return { type: 'message', role, content: [{ type, text }] };
}
