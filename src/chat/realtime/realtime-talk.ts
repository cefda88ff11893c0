import type { Clock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import type { ChatMessage, ChatModel, ChatPart, Tool } from '#src/chat/ports.ts';
import type { JsonSocket, OpenSocket } from '#src/provider/json-socket.ts';
import { type ServedBy, servedBy } from '#src/provider/models/models.ts';
import { realtimeUrls } from '#src/provider/realtime-link.ts';
import { RealtimePool } from '#src/provider/realtime-pool.ts';
import { RealtimeResponse } from '#src/provider/realtime-response.ts';
import {
  answerRequest,
  mannerUpdate,
  openingUpdate,
  sendMessage,
  voiceUpdate,
} from './realtime-writing.ts';

export type RealtimeTalkOptions = {
  /** `http` and `ws` mean the same. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
  /** Default voice where a persona names none; left out, the server's own. */
  readonly voice?: string;
  /** Longest answer, sound included. Left out: the server's own limit. */
  readonly maxTokens?: number;
  readonly clock?: Clock;
  readonly openSocket?: OpenSocket;
};

/** Any server with OpenAI's Realtime conversations. Each answer has a connection of its own: the server forgets all with its end. */
export class RealtimeTalk implements Disposable {
  readonly #options: RealtimeTalkOptions;
  readonly #pool: RealtimePool;

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

  /** Connects ahead of need. Never throws and never waits. */
  warm(): void {
    this.#pool.warm();
  }

  /** Model for the requests of one answer, whose connection ends with `signal`. */
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

/** One answer: a request for each round of tools, over one connection as long as it works. */
class TalkAnswer {
  readonly #options: RealtimeTalkOptions;
  readonly #pool: RealtimePool;
  readonly #by: ServedBy;
  #link: JsonSocket | undefined;
  /** Ids of the calls whose results the server has. */
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

  /** A server that has had a request knows all but the results of its calls. */
  #ask(link: JsonSocket, request: TalkRequest, isFirst: boolean): RealtimeResponse {
    const { messages, mostTokens, tools } = request;
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
    if (isFirst && voice !== undefined) link.send(voiceUpdate(voice, voiceId));
    this.#send(link, shown, isFirst);
    link.send(answerRequest(askId, mostTokens, this.#options.maxTokens));
    return response;
  }

  #send(link: JsonSocket, messages: readonly ChatMessage[], isFirst: boolean): void {
    for (const message of messages) {
      const isResult = message.role === 'tool' && !this.#results.has(message.callId);
      if (isFirst || isResult) sendMessage(link, message);
      if (message.role === 'tool') this.#results.add(message.callId);
    }
  }

  #close(): void {
    if (this.#link) this.#pool.giveBack(this.#link, false);
    this.#link = undefined;
  }
}
