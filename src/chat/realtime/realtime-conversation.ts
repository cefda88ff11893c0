import type { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { ChatMessage, ChatModel, Tool } from '#src/chat/chat-model.ts';
import type { OpenSocket } from '#src/provider/json-socket.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import { RealtimeMemory } from '#src/provider/realtime/realtime-memory.ts';
import {
  listRealtimeUrls,
  RealtimePool,
} from '#src/provider/realtime/realtime-pool.ts';
import {
  applySettings,
  createTalkSettings,
  RealtimeAnswer,
  type RealtimeConnection,
  type TalkServer,
} from './realtime-answer.ts';

/** A Realtime server with the model that answers. In `baseUrl`, `http` and `ws` mean the same. */
export type RealtimeConversationOptions = RemoteServer & {
  /** Used if a persona names none. */
  readonly voice?: string;
  readonly maxTokens?: number;
  readonly clock?: Clock;
  readonly openSocket?: OpenSocket;
  /** What is remembered about the server. Default: nothing. */
  readonly memory?: RealtimeMemory;
  /** Takes each habit of the server that is put right here, once. Never throws. */
  readonly report?: (habit: ServerHabit) => void;
};

/**
 * Conversations of a server with OpenAI's Realtime API:
 * https://developers.openai.com/api/docs/guides/realtime-conversations
 *
 * Each answer has its own connection. When that closes, the server forgets everything.
 */
export class RealtimeConversation implements Disposable {
  readonly #pool: RealtimePool;
  readonly #server: TalkServer;
  /** Connections of sounds that were fed and not taken yet. */
  readonly #fed = new WeakMap<LiveSound, Promise<RealtimeConnection | undefined>>();

  constructor(options: RealtimeConversationOptions) {
    const { baseUrl, clock = realClock, maxTokens, model, report } = options;
    const { memory = new RealtimeMemory({ clock, report }) } = options;
    this.#pool = new RealtimePool({
      ...options,
      memory,
      urls: listRealtimeUrls(baseUrl, [{ model }]),
      session: { kind: 'realtime', isOpening: true, maxTokens },
      maxReady: 1,
    });
    this.#server = {
      options,
      pool: this.#pool,
      memory,
      takenSettings: new Set(),
    };
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
    // The answer gets the error of a connection of its own.
    const leasing = this.#openFed(messages, tools, sound).catch(() => undefined);
    this.#fed.set(sound, leasing);
    sound.signal.addEventListener('abort', () => this.#dropSound(sound));
  }

  /** Returns a model for one answer. Its connection ends with `signal`. */
  openAnswer(signal: AbortSignal): ChatModel {
    const answer = new RealtimeAnswer(
      this.#server,
      (sound) => this.#takeFedConnection(sound),
      signal,
    );
    return {
      reply: (messages, tools, until, maxTokens, voice, _, tries) =>
        answer.reply({ messages, tools, voice, maxTokens, tries }, until),
    };
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }

  async #openFed(
    messages: readonly ChatMessage[],
    tools: readonly Tool[],
    sound: LiveSound,
  ): Promise<RealtimeConnection> {
    const link = await this.#pool.lease(sound.signal);
    const connection: RealtimeConnection = { link };
    try {
      const settings = createTalkSettings(messages, tools);
      await applySettings(this.#server, connection, settings, sound.signal);
    } catch (error) {
      this.#pool.endLease(link, false);
      throw error;
    }
    const resampler = new Resampler(listenRateHz, link.inputRateHz);
    sound.startPassing(({ samples }) => link.appendSound(resampler.push(samples)));
    return connection;
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
