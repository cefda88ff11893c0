import { toFeatureAlert } from '#src/base/alerts.ts';
import { createChildController } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  toProgramId,
} from '#src/base/ids.ts';
import { WrittenAnswerConcurrency } from '#src/features/contract/written-answer-concurrency.ts';
import { maxReturnAgeMs } from '#src/people/join-rules.ts';
import { ErasedWords, type Sources } from '#src/people/owned.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ApiToken } from '#src/stores/api-tokens.ts';
import { ApiRefusal } from './api-refusal.ts';
import { toTokenKey } from './authorise.ts';
import { toEventText } from './openai/server-events.ts';

/**
 * An event as JSON and as bytes of a stream, made once for all readers. Both are without words once these are erased, so
 * read them as they leave.
 */
export type WrittenEvent = { readonly json: string; readonly bytes: Uint8Array };

type EventFacts = {
  readonly type:
    | 'joined'
    | 'left'
    | 'heard'
    | 'answered'
    | 'line'
    | 'played'
    | 'alert'
    | 'ended';
  /** The bot may sit elsewhere by now. */
  readonly channelId?: ChannelId | undefined;
  readonly facts?: Readonly<Record<string, unknown>>;
  /** For tokens of the channel. */
  readonly words?: Readonly<Record<string, unknown>> | undefined;
  /** Person whose words they are. Undefined: anybody's, as an answer repeats words of its prompt. */
  readonly speakerId?: PersonId;
};

type Reader = {
  readonly token: ApiToken;
  readonly takeEvent: (event: WrittenEvent) => void;
  readonly endStream: () => void;
};

type Channel = { readonly id: ChannelId; readonly stopTimer?: () => void };

/** A program further behind is cut off. */
const maxWaiting = 100;
const [maxOfToken, maxInServer] = [4, 16];
/** A lost stream ends with its next event or comment. */
const retryAfterS = 15;

/** Events of each server for programs, as streams. A server's events end 15 minutes after the bot has left. */
export class ServerEvents implements Disposable {
  readonly #clock;
  readonly #readers = new Set<Reader>();
  readonly #slots = new WrittenAnswerConcurrency(maxOfToken, maxInServer);
  #knownTokens: readonly ApiToken[] = [];
  /** The bot is in this voice channel, or has left it. */
  readonly #channels = new Map<GuildId, Channel>();
  readonly #erasedWords = new Map<GuildId, ErasedWords>();

  constructor(clock: Pick<Clock, 'wallMs' | 'later'>) {
    this.#clock = clock;
  }

  /** Sends an event to the readers of its server. Words go to tokens of their channel alone. */
  report(guildId: GuildId, event: SessionEvent): void {
    if (event.kind === 'joined') this.#openChannel(guildId, event.channel.channelId);
    if (event.kind === 'words-erased')
      this.#getErasedWords(guildId).noteErasure(event.personId);
    const facts = toEventFacts(event);
    if (facts) this.#sendEvent(guildId, facts);
    if (event.kind === 'left') this.#closeChannel(guildId, event.channel.channelId);
  }

  /** Streams events in one of few slots. Throws `ApiRefusal` 429 if none is free. */
  listen(token: ApiToken, signal: AbortSignal): ReadableStream<WrittenEvent> {
    signal.throwIfAborted();
    const slot = this.#slots.enter(token.guildId, toProgramId(token.name));
    if (slot) return this.#readEvents(token, signal, slot);
    throw new ApiRefusal({
      status: 429,
      code: 'events.busy',
      message: `A token has ${maxOfToken} streams of events, and a server has ${maxInServer}: end one, or try again in ${retryAfterS} s.`,
      retryAfterS,
    });
  }

  /** Streams events outside of the slots, until `signal` is aborted, the reader is too slow, or the token is revoked. */
  read(token: ApiToken, signal: AbortSignal): ReadableStream<WrittenEvent> {
    return this.#readEvents(token, signal);
  }

  /** Keeps streams of these tokens, and ends others. */
  keepTokens(tokens: readonly ApiToken[]): void {
    this.#knownTokens = tokens;
    const knownKeys = new Set(tokens.map(toTokenKey));
    for (const { token, endStream } of this.#readers)
      if (!knownKeys.has(toTokenKey(token))) endStream();
  }

  /** Tests whether a token in use may read the words of a channel. */
  isRead(channelId: ChannelId): boolean {
    const readingTokens = [...this.#readers].map(({ token }) => token);
    return [...this.#knownTokens, ...readingTokens].some((token) =>
      token.channelIds?.includes(channelId),
    );
  }

  /** Stops the timers. Open streams end by their signals. */
  [Symbol.dispose](): void {
    for (const { stopTimer } of this.#channels.values()) stopTimer?.();
  }

  /**
   * Streams events until `signal` is aborted, the reader is too slow, or the token is
   * revoked. Disposes of `slot` then.
   */
  #readEvents(
    token: ApiToken,
    signal: AbortSignal,
    slot?: Disposable,
  ): ReadableStream<WrittenEvent> {
    const ending = createChildController(signal);
    let isCancelled = false;
    const endStream = () => ending.abort();
    const start = (controller: ReadableStreamDefaultController<WrittenEvent>) => {
      const takeEvent = (event: WrittenEvent) => {
        controller.enqueue(event);
        if ((controller.desiredSize ?? 0) <= 0) endStream();
      };
      const reader = { token, takeEvent, endStream };
      this.#readers.add(reader);
      ending.signal.addEventListener('abort', () => {
        this.#readers.delete(reader);
        slot?.[Symbol.dispose]();
        if (!isCancelled) controller.close();
      });
    };
    const cancel = () => {
      isCancelled = true;
      endStream();
    };
    return new ReadableStream({ start, cancel }, { highWaterMark: maxWaiting });
  }

  #sendEvent(guildId: GuildId, { type, facts, words: spoken, ...from }: EventFacts) {
    const { channelId = this.#channels.get(guildId)?.id, speakerId } = from;
    const at = new Date(this.#clock.wallMs()).toISOString();
    const event = { type, at, channelId, ...facts };
    const written = new Map<boolean, WrittenEvent>();
    for (const { token, takeEvent } of this.#readers) {
      if (token.guildId !== guildId) continue;
      // Words go to tokens of their channel, wherever the bot sits by now.
      const isOpen = isReadableBy(token, from.channelId);
      const writtenEvent =
        written.get(isOpen) ??
        (isOpen && spoken
          ? new WordsEvent(event, spoken, this.#readSources(guildId, speakerId))
          : writeEvent(event));
      written.set(isOpen, writtenEvent);
      takeEvent(writtenEvent);
    }
  }

  /** Reads whose words an event holds: those of the speaker, or of anybody. */
  #readSources(guildId: GuildId, speakerId: PersonId | undefined) {
    return this.#getErasedWords(guildId)
      .beginReading()
      .toSources((personId) => speakerId === undefined || speakerId === personId);
  }

  #getErasedWords(guildId: GuildId) {
    const erasedWords = this.#erasedWords.get(guildId) ?? new ErasedWords();
    this.#erasedWords.set(guildId, erasedWords);
    return erasedWords;
  }

  #openChannel(guildId: GuildId, channelId: ChannelId) {
    const lastChannel = this.#channels.get(guildId);
    lastChannel?.stopTimer?.();
    if (lastChannel && lastChannel.id !== channelId)
      this.#sendEvent(guildId, { type: 'ended' });
    this.#channels.set(guildId, { id: channelId });
  }

  /** Ends the session's events once the bot cannot return. */
  #closeChannel(guildId: GuildId, channelId: ChannelId) {
    const stopTimer = this.#clock.later(maxReturnAgeMs, () => {
      this.#sendEvent(guildId, { type: 'ended' });
      this.#channels.delete(guildId);
    });
    this.#channels.set(guildId, { id: channelId, stopTimer });
  }
}

/** An event with words of people, which waits for its readers: erased meanwhile, the words stay behind. */
class WordsEvent implements WrittenEvent {
  readonly #event: object;
  readonly #whole: WrittenEvent;
  readonly #sources: Sources;

  constructor(event: object, words: object, sources: Sources) {
    this.#event = event;
    this.#whole = writeEvent({ ...event, ...words });
    this.#sources = sources;
  }

  /** The event as JSON, without words that are erased by now. */
  get json(): string {
    return this.#written.json;
  }

  /** The event as it is sent, without words that are erased by now. */
  get bytes(): Uint8Array {
    return this.#written.bytes;
  }

  get #written() {
    return this.#sources.areErased ? writeEvent(this.#event) : this.#whole;
  }
}

function isReadableBy({ channelIds = [] }: ApiToken, channelId: ChannelId | undefined) {
  return channelId !== undefined && channelIds.includes(channelId);
}

function writeEvent(event: object): WrittenEvent {
  const json = JSON.stringify(event);
  return { json, bytes: new TextEncoder().encode(toEventText(json)) };
}

function toEventFacts(event: SessionEvent): EventFacts | undefined {
  switch (event.kind) {
    case 'joined':
      return { type: 'joined' };
    case 'left':
      return { type: 'left', facts: { why: event.why } };
    case 'recognised':
    case 'line':
      return {
        type: event.kind === 'line' ? 'line' : 'heard',
        channelId: event.channelId,
        speakerId: event.speakerId,
        words: toWordsField(event, event.text),
      };
    case 'answered':
      return {
        type: 'answered',
        channelId: event.channelId,
        facts: { finish: event.finish },
        words: toWordsField(event, event.heardText),
      };
    case 'played': {
      const { channelId, end: playEnd, title, track } = event;
      return {
        type: 'played',
        channelId,
        facts: { reason: playEnd },
        words: { track, sound: title },
      };
    }
    case 'alert': {
      const { name, meaning } = toFeatureAlert(event);
      return { type: 'alert', facts: { name, meaning, state: event.state } };
    }
    default:
      return undefined;
  }
}

function toWordsField(
  {
    speakerId,
    name,
    isLeftOut,
  }: {
    readonly speakerId: PersonId;
    readonly name: string;
    readonly isLeftOut?: boolean | undefined;
  },
  text: string,
) {
  return isLeftOut ? undefined : { speakerId, name, text };
}
