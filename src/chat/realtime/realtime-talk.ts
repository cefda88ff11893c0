import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type { AudioChatPart } from '#src/chat/completions/audio-chat-ports.ts';
import type { SocketLimits } from '#src/provider/json-socket.ts';
import { type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { RealtimeLink } from '#src/provider/realtime-link.ts';
import type { ResponseEvent, TalkEvent } from '#src/provider/realtime-reading.ts';
import { TalkMemory } from './realtime-memory.ts';
import type {
  RealtimeTalk,
  RealtimeTalkLimits,
  RealtimeTalkOptions,
  TalkAnswer,
  TalkBuffer,
  TalkRequest,
} from './realtime-ports.ts';
import { RealtimeResponse } from './realtime-response.ts';
import { answerRequest, mannerUpdate, openingUpdate, type TalkManner } from './realtime-writing.ts';

const usualLimits = { firstMs: 20_000, idleMs: 10_000, cancelMs: 3000, oldestMs: 55 * 60_000 };
/** One second of 24 kHz; far below the 15 MiB a server takes at once. */
const pieceSamples = 24_000;
const bytesPerMs = 48;
/** Time in ms after a failed attempt in which no connection is opened ahead of need. */
const backOffMs = 5000;

/** Any server with OpenAI's Realtime conversations. Connects when needed. */
export function openRealtimeTalk(options: RealtimeTalkOptions): RealtimeTalk {
  return new Talk(options);
}

/** A connection, and the conversation its server holds. */
type Session = {
  readonly link: RealtimeLink;
  readonly memory: TalkMemory;
  manner: string;
  /** Frozen once it has spoken. */
  voice: string | undefined;
  hasSpoken: boolean;
  /** Id of the event that set a chosen voice. */
  voiceEventId: string | undefined;
  /** The answer before, of which something may still come. */
  former: string | undefined;
  /** Whether its content is to be forgotten as soon as the running answer ends. */
  isStale: boolean;
};

class Talk implements RealtimeTalk {
  readonly #options: RealtimeTalkOptions;
  readonly #by: ServedBy;
  readonly #over = new AbortController();
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #onOpen: () => void = () => undefined;
  #response: RealtimeResponse | undefined;
  /** Resolves when the last request has its answer. */
  #last: Promise<void> = Promise.resolve();
  #nextTryAtMs = 0;
  #asked = 0;

  constructor(options: RealtimeTalkOptions) {
    this.#options = options;
    this.#by = servedBy(options.model, options.baseUrl);
  }

  readonly buffer: TalkBuffer = bufferOf(() => this.#session);

  get soundMs(): number {
    return this.#session?.memory.soundMs ?? 0;
  }

  onOpen(listener: () => void): void {
    this.#onOpen = listener;
  }

  warm(): void {
    if (this.#session || this.#opening || this.#over.signal.aborted) return;
    if (this.#clock.nowMs() < this.#nextTryAtMs) return;
    this.#open().catch(() => undefined); // each request gets the error
  }

  async *reply(asked: TalkRequest, signal: AbortSignal): AsyncGenerator<AudioChatPart> {
    const leave = await this.#enter(signal);
    let response: RealtimeResponse | undefined;
    try {
      response = await this.#ask(asked, signal);
      yield* response.read(signal);
    } finally {
      if (response) void this.#end(response).finally(leave);
      else leave();
    }
  }

  cut(answer: TalkAnswer): void {
    if (this.#response?.answer === answer) this.#cancel(this.#response);
    this.#session?.memory.cut(answer);
  }

  forget(): void {
    if (this.#session) this.#session.isStale = true;
    if (!this.#response) this.#drop();
  }

  [Symbol.dispose](): void {
    this.#over.abort(new BotError('provider.unreachable', false, 'The conversation is closed.'));
    this.#drop();
  }

  /** Waits for the requests before it. */
  async #enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => promise);
    try {
      await unlessAborted(before, signal);
    } catch (cause) {
      resolve();
      throw cause;
    }
    return resolve;
  }

  async #ask(asked: TalkRequest, signal: AbortSignal): Promise<RealtimeResponse> {
    const { answer, instructions, items, mostTokens, tools } = asked;
    const voice = asked.voice ?? this.#options.voice;
    const session = await this.#ready(voice, signal);
    const { link, memory } = session;
    this.#behave(session, { instructions, tools, voice }, asked.voice !== undefined);
    memory.become(items, answer);
    const eventId = `ask_${++this.#asked}`;
    const response = new RealtimeResponse({
      ...this.#options,
      by: this.#by,
      answer,
      isLimited: mostTokens !== undefined,
      eventId,
      former: session.former,
      clock: this.#clock,
      limits: this.#limits,
      hold: (on) => (on ? link.pause() : link.resume()),
    });
    this.#response = response;
    link.send(answerRequest(eventId, mostTokens, this.#options.maxTokens));
    return response;
  }

  #behave(session: Session, manner: TalkManner, isVoiceChosen: boolean): void {
    const mannerJson = JSON.stringify(manner);
    if (mannerJson === session.manner) return;
    const voice = session.hasSpoken ? undefined : manner.voice;
    const eventId = `manner_${this.#asked}`;
    const update = mannerUpdate({ ...manner, voice });
    session.link.send({ ...update, event_id: eventId });
    session.voiceEventId = isVoiceChosen && voice !== undefined ? eventId : undefined;
    Object.assign(session, { manner: mannerJson, voice: manner.voice });
  }

  /** A cancelled answer ends by itself, unless its server does not know how. */
  async #end(response: RealtimeResponse): Promise<void> {
    response.leave();
    this.#cancel(response);
    const gone = () => new BotError('provider.late', true, 'An answer was not cancelled in time.');
    await within(response.over, this.#limits.cancelMs, this.#clock, gone).catch(() => this.#drop());
    if (this.#response === response) this.#response = undefined;
    if (this.#session && response.id !== undefined) this.#session.former = response.id;
    if (this.#session?.isStale) this.#drop();
  }

  /** Sent once its id is known. */
  #cancel(response: RealtimeResponse): void {
    if (response.isOver || response.isCancelled) return;
    response.leave();
    if (response.id === undefined) return;
    response.isCancelled = true;
    const cancel = { type: 'response.cancel', event_id: `cancel_${this.#asked}` };
    this.#session?.link.send({ ...cancel, response_id: response.id });
  }

  /** Errors: BotError `provider.*`. Aborting `signal` throws `signal.reason`. */
  async #ready(voice: string | undefined, signal: AbortSignal): Promise<Session> {
    const session = this.#session;
    if (session) {
      const ageMs = this.#clock.nowMs() - session.link.openedAtMs;
      const isFrozen = session.hasSpoken && session.voice !== voice;
      if (!isFrozen && ageMs < this.#limits.oldestMs) return session;
      this.#drop();
    }
    return await unlessAborted(this.#opening ?? this.#open(), signal);
  }

  #open(): Promise<Session> {
    const opening = this.#connect().finally(() => {
      this.#opening = undefined;
    });
    this.#opening = opening;
    opening.then(
      () => this.#onOpen(),
      () => {
        this.#nextTryAtMs = this.#clock.nowMs() + backOffMs;
      },
    );
    return opening;
  }

  async #connect(): Promise<Session> {
    let session: Session | undefined;
    const mine = () => session !== undefined && this.#session === session;
    const listener = {
      hear: (event: TalkEvent) => session && mine() && this.#hear(event, session),
      lost: (error: BotError) => {
        if (!mine()) return;
        this.#session = undefined;
        this.#response?.lose(error);
      },
    };
    const { maxTokens } = this.#options;
    const options = { ...this.#options, opening: openingUpdate(maxTokens) };
    const link = await RealtimeLink.open(options, listener, this.#over.signal);
    if (!link.alive)
      throw new BotError('provider.truncated', true, 'The connection broke at once.');
    const send = (event: Parameters<RealtimeLink['send']>[0]) => link.send(event);
    const memory = new TalkMemory({ buffer: this.buffer, send });
    const silent = { voice: undefined, voiceEventId: undefined, hasSpoken: false };
    session = { link, memory, manner: '', ...silent, former: undefined, isStale: false };
    this.#session = session;
    return session;
  }

  #hear(event: TalkEvent, session: Session): void {
    const { memory } = session;
    switch (event.kind) {
      case 'committed':
        memory.committed(event.itemId);
        break;
      case 'item':
        memory.added(event.itemId, event.role);
        break;
      case 'error':
        if (event.eventId !== undefined) memory.refused(event.eventId);
        this.#response?.object(event);
        if (event.eventId !== undefined && event.eventId === session.voiceEventId)
          this.#refuseVoice(event);
        break;
      case 'created':
      case 'updated':
        break;
      case 'began':
      case 'output':
      case 'sound':
      case 'words':
      case 'call':
      case 'done':
        this.#answered(event, session);
    }
  }

  /** A refused update has no effect, the instructions included: requests that came with it are not waited for. */
  #refuseVoice(error: Extract<TalkEvent, { kind: 'error' }>): void {
    this.#response?.refuse(error);
    this.#drop();
  }

  #answered(event: ResponseEvent, session: Session): void {
    const response = this.#response;
    if (!response?.isMine(event)) return;
    const { memory } = session;
    if (event.kind === 'output') memory.output(response.answer, event.itemId, event.call?.id);
    const isTaken = response.handle(event);
    if (response.hasLeft) this.#cancel(response); // asked for before its id was known
    if (!isTaken) return;
    if (event.kind === 'words') memory.said(event.itemId, event.text);
    if (event.kind !== 'sound') return;
    session.hasSpoken = true;
    memory.sounded(event.itemId, event.bytes.length / bytesPerMs);
  }

  #drop(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.link.close();
    const message = 'The connection was given up.';
    this.#response?.lose(new BotError('provider.truncated', true, message));
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }

  get #limits(): Omit<RealtimeTalkLimits, keyof SocketLimits> {
    return { ...usualLimits, ...this.#options.limits };
  }
}

function bufferOf(session: () => Session | undefined): TalkBuffer {
  const send = (event: Parameters<RealtimeLink['send']>[0]) => session()?.link.send(event);
  return {
    get state() {
      return session();
    },
    append(samples) {
      for (let at = 0; at < samples.length; at += pieceSamples) {
        const { buffer, byteOffset, byteLength } = samples.subarray(at, at + pieceSamples);
        const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
        send({ type: 'input_audio_buffer.append', audio });
      }
    },
    clear: () => send({ type: 'input_audio_buffer.clear' }),
  };
}
