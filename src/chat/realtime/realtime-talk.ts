import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { AudioChatPart } from '#src/chat/completions/audio-chat-ports.ts';
import type { ToolCall } from '#src/chat/ports.ts';
import type { SocketLimits } from '#src/provider/json-socket.ts';
import { codeOf } from '#src/provider/models/error-phrases.ts';
import { type ServedBy, servedBy } from '#src/provider/models/served-by.ts';
import { RealtimeLink, realtimeUrls } from '#src/provider/realtime-link.ts';
import {
  type ResponseEnd,
  type ResponseEvent,
  readTalk,
  type TalkError,
  type TalkEvent,
} from '#src/provider/realtime-reading.ts';
import { RealtimeResponse } from '#src/provider/realtime-response.ts';
import { TalkMemory } from './realtime-memory.ts';
import type {
  RealtimeTalk,
  RealtimeTalkLimits,
  RealtimeTalkOptions,
  TalkAnswer,
  TalkBuffer,
  TalkRequest,
} from './realtime-ports.ts';
import { answerRequest, mannerUpdate, openingUpdate, type TalkManner } from './realtime-writing.ts';

const usualLimits = { firstMs: 20_000, idleMs: 10_000, cancelMs: 3000, oldestMs: 55 * 60_000 };
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

/** The answer on its way. */
type Running = { readonly response: RealtimeResponse; readonly answer: TalkAnswer };

class Talk implements RealtimeTalk {
  readonly #options: RealtimeTalkOptions;
  readonly #by: ServedBy;
  readonly #over = new AbortController();
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #onOpen: () => void = () => undefined;
  #running: Running | undefined;
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
      yield* partsOf(response, { by: this.#by, isLimited: asked.mostTokens !== undefined }, signal);
    } finally {
      if (response) void this.#end(response).finally(leave);
      else leave();
    }
  }

  cut(answer: TalkAnswer): void {
    if (this.#running?.answer === answer) this.#running.response.cancel();
    this.#session?.memory.cut(answer);
  }

  forget(): void {
    if (this.#session) this.#session.isStale = true;
    if (!this.#running) this.#drop();
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
      link,
      eventId,
      former: session.former,
      clock: this.#clock,
      limits: this.#limits,
    });
    this.#running = { response, answer };
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
    if (!(await response.close())) this.#drop();
    if (this.#running?.response === response) this.#running = undefined;
    if (this.#session && response.id !== undefined) this.#session.former = response.id;
    if (this.#session?.isStale) this.#drop();
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
    const { baseUrl, maxTokens, model } = this.#options;
    const urls = realtimeUrls(baseUrl, [{ model }]);
    const options = { ...this.#options, urls, opening: openingUpdate(maxTokens) };
    const link = await RealtimeLink.open(options, this.#over.signal);
    const memory = new TalkMemory({ buffer: this.buffer, send: (event) => link.send(event) });
    const silent = { voice: undefined, voiceEventId: undefined, hasSpoken: false };
    const session = { link, memory, manner: '', ...silent, former: undefined, isStale: false };
    this.#session = session;
    link.attach({
      hear: (json) => {
        const event = readTalk(json);
        if (event && this.#session === session) this.#hear(event, session);
      },
      lost: (error) => {
        if (this.#session !== session) return;
        this.#session = undefined;
        this.#running?.response.lose(error);
      },
    });
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
        this.#running?.response.object(event);
        if (event.eventId !== undefined && event.eventId === session.voiceEventId)
          this.#refuseVoice(event);
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
  #refuseVoice(error: TalkError): void {
    this.#running?.response.refuse(error);
    this.#drop();
  }

  #answered(event: ResponseEvent, session: Session): void {
    if (!this.#running?.response.isMine(event)) return;
    const { answer, response } = this.#running;
    const { memory } = session;
    if (event.kind === 'output') memory.output(answer, event.itemId, event.call?.id);
    if (!response.handle(event)) return;
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
    this.#running?.response.lose(new BotError('provider.truncated', true, message));
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }

  get #limits(): Omit<RealtimeTalkLimits, keyof SocketLimits> {
    return { ...usualLimits, ...this.#options.limits };
  }
}

function bufferOf(session: () => Session | undefined): TalkBuffer {
  return {
    get state() {
      return session();
    },
    append: (samples) => session()?.link.append(samples),
    clear: () => session()?.link.send({ type: 'input_audio_buffer.clear' }),
  };
}

type WordsEvent = Extract<ResponseEvent, { kind: 'words' }>;
type AnswerRules = {
  readonly by: ServedBy;
  /** The request limits its output: there the answer is over. */
  readonly isLimited: boolean;
};

/** Parts of an answer; its calls come last, and not of an interrupted one. */
async function* partsOf(
  response: RealtimeResponse,
  rules: AnswerRules,
  signal: AbortSignal,
): AsyncGenerator<AudioChatPart> {
  const named = new Map<string, ToolCall>();
  for await (const event of response.read(signal)) {
    if (event.kind === 'sound') yield { kind: 'sound', bytes: event.bytes };
    else if (event.kind === 'words') yield* writtenPart(event);
    else if (event.kind === 'done') yield* lastParts(response, event.end, named, rules);
    else if ('call' in event && event.call)
      named.set(event.itemId, joined(named.get(event.itemId), event.call));
  }
}

function* writtenPart({ isSpoken, text }: WordsEvent): Generator<AudioChatPart> {
  if (text !== '') yield { kind: isSpoken ? 'transcript' : 'text', text };
}

function* lastParts(
  response: RealtimeResponse,
  end: ResponseEnd,
  named: ReadonlyMap<string, ToolCall>,
  { by, isLimited }: AnswerRules,
): Generator<AudioChatPart> {
  if (end.usage) yield { kind: 'usage', usage: { ...end.usage, by } };
  const isFull = isLimited && codeOf(end.words) === 'max_output_tokens';
  const error = isFull ? undefined : response.errorOf(end);
  if (error) throw error;
  const isWhole = ({ id, name }: ToolCall) => id !== '' && name !== '';
  const whole = end.calls.filter(isWhole);
  const all = whole.length > 0 ? whole : [...named.values()].filter(isWhole);
  for (const call of all) yield { kind: 'tool', call };
}

/** A call, which servers report in several events, each incomplete on some servers. */
function joined(known: ToolCall | undefined, { id, name, argumentsJson }: ToolCall): ToolCall {
  return {
    id: known?.id || id,
    name: known?.name || name,
    argumentsJson: argumentsJson || (known?.argumentsJson ?? ''),
  };
}
