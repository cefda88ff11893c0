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
import {
  listRealtimeUrls,
  openRealtimePool,
  type RealtimePool,
} from '#src/provider/realtime-pool.ts';
import { createRealtimeResponse } from '#src/provider/realtime-response.ts';

/** In `baseUrl`, `http` and `ws` mean the same. */
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
 * Each answer has its own connection. When it closes, the server forgets everything.
 */
export function createRealtimeConversation(options: RealtimeConversationOptions) {
  const fed = new WeakMap<LiveSound, Promise<Connection | undefined>>();
  const { baseUrl, maxTokens, model } = options;
  const urls = listRealtimeUrls(baseUrl, [{ model }]);
  const pool = openRealtimePool({
    ...options,
    urls,
    opening: createOpeningUpdate(maxTokens),
    maxReady: 1,
  });

  /** Takes the connection that a sound was fed to. Undefined if already taken, or lost. */
  async function takeFedConnection(sound: LiveSound) {
    const leasing = fed.get(sound);
    fed.delete(sound);
    const connection = await leasing;
    if (leasing) sound.stopPassing();
    if (connection?.link.isAlive) return connection;
    if (connection) pool.endLease(connection.link, false);
    return undefined;
  }

  return {
    /** Connects ahead of need. Never throws and never waits. */
    warm() {
      pool.warm();
    },

    /** Sends instructions and tools, and sound while it is spoken, over the connection of its answer. Never throws. */
    feed(messages: readonly ChatMessage[], tools: readonly Tool[], sound: LiveSound) {
      if (fed.has(sound)) return;
      const update = createInstructionsUpdate(messages, tools);
      const leasing = pool.lease(sound.signal).then(
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
      fed.set(sound, leasing);
      sound.signal.addEventListener('abort', async () => {
        const { link } = (await takeFedConnection(sound)) ?? {};
        if (!link) return;
        link.send({ type: 'input_audio_buffer.clear' });
        // Servers that do not know this event forget the sound with the connection.
        pool.endLease(link, false);
      });
    },

    /** Returns a model for one answer. Its connection ends with `signal`. */
    openAnswer(signal: AbortSignal): ChatModel {
      const answer = createRealtimeAnswer(options, pool, takeFedConnection, signal);
      return {
        reply: (messages, tools, until, mostTokens, voice) =>
          answer.reply({ messages, tools, voice, mostTokens }, until),
      };
    },

    [Symbol.dispose]() {
      pool[Symbol.dispose]();
    },
  };
}

type RealtimeRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string | undefined;
  readonly mostTokens: number | undefined;
};

/** A connection, and the instructions and tools that its server has. */
type Connection = { readonly link: JsonSocket; update?: JsonEvent };

type TakeFed = (sound: LiveSound) => Promise<Connection | undefined>;

function createRealtimeAnswer(
  options: RealtimeConversationOptions,
  pool: RealtimePool,
  takeFed: TakeFed,
  signal: AbortSignal,
) {
  let connection: Connection | undefined;
  /** The server has the results of these calls. */
  const results = new Set<string>();
  let requests = 0;
  const by: ServedBy = describeServer(options.model, options.baseUrl);
  signal.addEventListener('abort', closeAnswer, { once: true });

  /** Finds the connection that a request's only sound was fed to. */
  async function findFedConnection({ messages }: RealtimeRequest) {
    const [heard, ...others] = messages.filter((message) => 'wav' in message);
    if (!heard?.live || others.length > 0) return undefined;
    return await takeFed(heard.live);
  }

  function requestAnswer(
    connection: Connection,
    request: RealtimeRequest,
    isFirst: boolean,
    isFed: boolean,
  ) {
    const { link: socket } = connection;
    const { messages, mostTokens, tools } = request;
    // After its first request the server knows everything but the results of calls.
    const number = ++requests;
    const [askId, voiceId] = [`ask_${number}`, `voice_${number}`];
    const eventIds = request.voice === undefined ? [askId] : [askId, voiceId];
    const response = createRealtimeResponse({
      ...options,
      socket,
      eventIds,
      isLimited: mostTokens !== undefined,
    });
    const voice = request.voice ?? options.voice;
    const update = createInstructionsUpdate(messages, tools);
    if (!isDeepStrictEqual(update, connection.update)) socket.send(update);
    connection.update = update;
    // A rejected update has no effect at all, so the voice has an update of its own.
    const session = { type: 'realtime', audio: { output: { voice } } };
    const isChosen = isFirst && voice !== undefined;
    if (isChosen) socket.send({ type: 'session.update', event_id: voiceId, session });
    sendMessages(socket, messages.slice(1), isFirst, isFed);
    const { maxTokens = Infinity } = options;
    const isShort = mostTokens !== undefined && mostTokens < maxTokens;
    const limit = isShort && { response: { max_output_tokens: mostTokens } };
    socket.send({ type: 'response.create', event_id: askId, ...limit });
    return response;
  }

  function sendMessages(
    link: JsonSocket,
    messages: readonly ChatMessage[],
    isFirst: boolean,
    isFed: boolean,
  ) {
    for (const message of messages) {
      const isResult = message.role === 'tool' && !results.has(message.callId);
      if (isFirst || isResult) sendMessage(link, message, isFed);
      if (message.role === 'tool') results.add(message.callId);
    }
  }

  function closeAnswer() {
    if (connection) pool.endLease(connection.link, false);
    connection = undefined;
  }

  return {
    async *reply(
      request: RealtimeRequest,
      signal: AbortSignal,
    ): AsyncGenerator<ChatPart> {
      const known = connection;
      const fed = known ? undefined : await findFedConnection(request);
      const current = known ?? fed ?? { link: await pool.lease(signal) };
      connection = current;
      const response = requestAnswer(
        current,
        request,
        known === undefined,
        fed !== undefined,
      );
      let isWhole = false;
      try {
        for await (const part of response.read(signal)) {
          if (part.kind === 'usage')
            yield { kind: 'usage', usage: { ...part.usage, by } };
          else yield part;
        }
        isWhole = true;
      } finally {
        if (!isWhole) closeAnswer();
      }
    },
  };
}

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
  offered: readonly Tool[],
) {
  const instructions = system?.content ?? '';
  const tools = offered.map(({ name, description, parameters }) => {
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
      const said =
        content.trim() === '' ? [] : [createItem('assistant', 'output_text', content)];
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

function appendSound(link: JsonSocket, wav: Uint8Array) {
  const { samples } = resamplePcm(readWav(wav), speakRateHz);
  link.appendRealtimeSound(samples);
  const missing = minSoundSamples - samples.length;
  if (missing > 0) link.appendRealtimeSound(new Int16Array(missing));
}

function createItem(role: string, type: string, text: string) {
  return { type: 'message', role, content: [{ type, text }] };
}
