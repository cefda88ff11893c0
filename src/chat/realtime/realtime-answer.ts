import { isDeepStrictEqual } from 'node:util';
import type { LiveSound } from '#src/audio/live-sound.ts';
import type { ChatMessage, ChatPart, Tool } from '#src/chat/chat-model.ts';
import type { JsonEvent } from '#src/provider/json-socket.ts';
import type { TryReservations } from '#src/provider/models/request-reservation.ts';
import { describeServer, type ServedBy } from '#src/provider/models/standard-models.ts';
import { createRealtimeError } from '#src/provider/realtime/realtime-faults.ts';
import type { RealtimeLink } from '#src/provider/realtime/realtime-link.ts';
import type { RealtimeMemory } from '#src/provider/realtime/realtime-memory.ts';
import type { RealtimePool } from '#src/provider/realtime/realtime-pool.ts';
import { RealtimeResponse } from '#src/provider/realtime/realtime-response.ts';
import type { RealtimeSessionSettings } from '#src/provider/realtime/realtime-session.ts';
import type { RealtimeConversationOptions } from './realtime-conversation.ts';
import { sendMessage } from './realtime-items.ts';
import { RealtimeWords } from './realtime-words.ts';

/** A server with its connections, and what its answers have told. */
export type TalkServer = {
  readonly options: RealtimeConversationOptions;
  readonly pool: RealtimePool;
  readonly memory: RealtimeMemory;
  /** Settings that the server has taken, apart from the instructions. */
  readonly takenSettings: Set<string>;
};

type RealtimeRequest = {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly voice: string | undefined;
  readonly maxTokens: number | undefined;
  /** Pays for each request after the first. */
  readonly tries: TryReservations | undefined;
};

/** A connection, and the instructions and tools that its server has. */
export type RealtimeConnection = {
  readonly link: RealtimeLink;
  settings?: RealtimeSessionSettings;
};

type TakeFedConnection = (sound: LiveSound) => Promise<RealtimeConnection | undefined>;

/** Requests for one answer, each without the field that the server refused before. */
const maxTries = 3;
const maxTakenSettings = 100;

/** Creates the settings of a session that answers a prompt. */
export function createTalkSettings(
  [system]: readonly ChatMessage[],
  offeredTools: readonly Tool[],
): RealtimeSessionSettings {
  const tools = offeredTools.map(({ name, description, parameters }) => {
    return { type: 'function', name, description, parameters };
  });
  return { kind: 'realtime', instructions: system?.content ?? '', tools };
}

/**
 * Gives a connection its settings. The server's word is awaited for tools and voices that it has not taken yet. What
 * `isNeeded` is not left out.
 * Throws BotError `provider.refused`.
 */
export async function applySettings(
  { options, takenSettings }: TalkServer,
  connection: RealtimeConnection,
  settings: RealtimeSessionSettings,
  signal: AbortSignal,
  isNeeded = false,
): Promise<void> {
  if (isDeepStrictEqual(settings, connection.settings)) return;
  const { link } = connection;
  const { instructions: _, ...others } = settings;
  const key = JSON.stringify(others);
  if (takenSettings.has(key)) link.updateSession(settings, 'settings');
  else {
    const fault = await link.settleSession(settings, isNeeded, signal);
    if (fault) throw createRealtimeError(fault, options);
    if (takenSettings.size >= maxTakenSettings) takenSettings.clear();
    takenSettings.add(key);
  }
  connection.settings = settings;
}

/** One answer on one connection, with the results of the tools that it calls. */
export class RealtimeAnswer {
  readonly #server: TalkServer;
  readonly #takeFedConnection: TakeFedConnection;
  readonly #by: ServedBy;
  /** Calls whose results the server has. */
  readonly #sentResults = new Set<string>();
  #connection: RealtimeConnection | undefined;
  #requests = 0;

  constructor(
    server: TalkServer,
    takeFedConnection: TakeFedConnection,
    signal: AbortSignal,
  ) {
    this.#server = server;
    this.#takeFedConnection = takeFedConnection;
    this.#by = describeServer(server.options.model, server.options.baseUrl);
    signal.addEventListener('abort', () => this.#closeAnswer(), { once: true });
  }

  /** Yields the parts of a reply. An end before the last part closes the connection. Throws BotError `provider.*`. */
  async *reply(
    request: RealtimeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    let isWhole = false;
    try {
      yield* this.#replyWithTries(request, signal);
      isWhole = true;
    } finally {
      if (!isWhole) this.#closeAnswer();
    }
  }

  /** Asks again over a new connection while the server refuses fields that can be missed. */
  async *#replyWithTries(
    request: RealtimeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    for (let tries = 1; ; tries++) {
      const { link, response, sent } = await this.#requestAnswer(request, signal);
      try {
        yield* this.#readAnswer(response, request, signal);
        return;
      } catch (error) {
        const { refusal } = response;
        const isMended = refusal !== undefined && link.giveUpField(refusal, sent());
        if (!isMended || tries >= maxTries) throw error;
        link.learnGivenUp();
        this.#closeAnswer();
        this.#sentResults.clear();
        await request.tries?.renew(error);
      }
    }
  }

  /** Every word of the model passes the filter of chat text. */
  async *#readAnswer(
    response: RealtimeResponse,
    { messages, tools }: RealtimeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ChatPart> {
    const words = new RealtimeWords(messages, tools);
    for await (const part of response.read(signal)) {
      if (part.kind === 'usage')
        yield { kind: 'usage', usage: { ...part.usage, by: this.#by } };
      else yield* words.addPart(part);
    }
    yield* words.end();
  }

  async #requestAnswer(request: RealtimeRequest, signal: AbortSignal) {
    const { pool } = this.#server;
    const open = this.#connection;
    const fed = open ? undefined : await this.#findFedConnection(request);
    const connection = open ?? fed ?? { link: await pool.lease(signal) };
    this.#connection = connection;
    const progress = { isFirst: open === undefined, isFed: fed !== undefined };
    await this.#applyRequest(connection, request, progress, signal);
    return this.#askForResponse(connection.link, request, progress);
  }

  async #applyRequest(
    connection: RealtimeConnection,
    { messages, tools, voice: chosenVoice }: RealtimeRequest,
    { isFirst }: ConversationProgress,
    signal: AbortSignal,
  ) {
    const settings = createTalkSettings(messages, tools);
    await applySettings(this.#server, connection, settings, signal);
    // A rejected update has no effect at all, so the voice has an update of its own.
    const voice = chosenVoice ?? this.#server.options.voice;
    if (!isFirst || voice === undefined) return;
    const voiceOnly: RealtimeConnection = { link: connection.link };
    const applying = applySettings(
      this.#server,
      voiceOnly,
      { kind: 'realtime', voice },
      signal,
      chosenVoice !== undefined,
    );
    // Without the usual voice the server speaks in its own.
    await (chosenVoice === undefined ? applying.catch(() => undefined) : applying);
  }

  #askForResponse(
    link: RealtimeLink,
    request: RealtimeRequest,
    progress: ConversationProgress,
  ) {
    const requestId = `ask_${++this.#requests}`;
    let sent: JsonEvent = {};
    const response = new RealtimeResponse({
      ...this.#server.options,
      memory: this.#server.memory,
      link,
      eventIds: [requestId],
      isRefusal: (fault) => link.canGiveUp(fault, sent),
      onOtherFault: (fault) => link.noteRefusedItem(fault),
      isLimited: request.maxTokens !== undefined,
    });
    this.#sendMessages(link, request.messages.slice(1), progress);
    sent = link.requestResponse(this.#createLimit(request.maxTokens), requestId);
    return { link, response, sent: () => sent };
  }

  /** Finds the connection that a request's only sound was fed to. */
  async #findFedConnection({ messages }: RealtimeRequest) {
    const [spoken, ...others] = messages.filter((message) => 'wav' in message);
    if (!spoken?.live || others.length > 0) return undefined;
    return await this.#takeFedConnection(spoken.live);
  }

  #createLimit(requestTokens: number | undefined) {
    const { maxTokens = Infinity } = this.#server.options;
    const isShort = requestTokens !== undefined && requestTokens < maxTokens;
    return isShort ? { maxTokens: requestTokens } : {};
  }

  /** After its first request the server knows everything but the results of calls. */
  #sendMessages(
    link: RealtimeLink,
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
    if (this.#connection) this.#server.pool.endLease(this.#connection.link, false);
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
