import { alertOf } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { controllerUnder } from '#src/base/waiting.ts';
import { returnMs } from '#src/people/join-rules.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ApiToken } from '#src/web/api/tokens/token-store.ts';

/** What happened in a server, as programs read it. Fields that hold words or name people are left out for other channels. */
export type ServerEvent = {
  readonly type: 'joined' | 'left' | 'heard' | 'answered' | 'line' | 'played' | 'alert' | 'ended';
  /** Time in ISO 8601. */
  readonly at: string;
  /** Voice channel; absent: it is about the server. */
  readonly channelId?: string;
  readonly [field: string]: unknown;
};

type Facts = {
  readonly type: ServerEvent['type'];
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Who said what: for tokens of the channel. */
  readonly words?: Readonly<Record<string, unknown>>;
};

type Reader = {
  readonly token: Pick<ApiToken, 'guildId' | 'channelIds'>;
  take(event: ServerEvent): void;
};

type Channel = { readonly id: string; readonly stopTimer?: () => void };

/** Events that wait for a program; one that is so far behind is cut off. */
const mostWaiting = 100;

/** Tells programs what happens in voice channels, from the moment they listen. */
export class ServerEvents implements Disposable {
  readonly #clock: Pick<Clock, 'wallMs' | 'later'>;
  readonly #readers = new Set<Reader>();
  /** By server: the voice channel that the bot is in or has left. */
  readonly #channels = new Map<string, Channel>();

  constructor(clock: Pick<Clock, 'wallMs' | 'later'>) {
    this.#clock = clock;
  }

  report(guildId: string, event: SessionEvent): void {
    if (event.kind === 'joined') this.#enter(guildId, event.channel.channelId);
    const facts = factsOf(event);
    if (facts) this.#tell(guildId, facts);
    if (event.kind === 'left') this.#leave(guildId, event.channel.channelId);
  }

  /** Events of the token's server until `signal` is aborted; the stream also ends where its reader is too slow. */
  read(token: Reader['token'], signal: AbortSignal): ReadableStream<ServerEvent> {
    const end = controllerUnder(signal);
    const start = (controller: ReadableStreamDefaultController<ServerEvent>) => {
      const reader: Reader = {
        token,
        take: (event) => {
          controller.enqueue(event);
          if ((controller.desiredSize ?? 0) <= 0) end.abort();
        },
      };
      this.#readers.add(reader);
      end.signal.addEventListener('abort', () => {
        if (this.#readers.delete(reader)) controller.close();
      });
    };
    return new ReadableStream({ start, cancel: () => end.abort() }, { highWaterMark: mostWaiting });
  }

  [Symbol.dispose](): void {
    for (const { stopTimer } of this.#channels.values()) stopTimer?.();
  }

  #tell(guildId: string, { type, facts, words }: Facts): void {
    const { id: channelId } = this.#channels.get(guildId) ?? {};
    const at = new Date(this.#clock.wallMs()).toISOString();
    for (const { token, take } of this.#readers) {
      if (token.guildId !== guildId) continue;
      const isOpen = channelId !== undefined && token.channelIds?.includes(channelId);
      take({ type, at, channelId, ...facts, ...(isOpen && words) });
    }
  }

  #enter(guildId: string, channelId: string): void {
    const former = this.#channels.get(guildId);
    former?.stopTimer?.();
    if (former && former.id !== channelId) this.#tell(guildId, { type: 'ended' });
    this.#channels.set(guildId, { id: channelId });
  }

  /** The session has ended once the bot cannot return to it any more. */
  #leave(guildId: string, channelId: string): void {
    const stopTimer = this.#clock.later(returnMs, () => {
      this.#tell(guildId, { type: 'ended' });
      this.#channels.delete(guildId);
    });
    this.#channels.set(guildId, { id: channelId, stopTimer });
  }
}

function factsOf(event: SessionEvent): Facts | undefined {
  switch (event.kind) {
    case 'joined':
      return { type: 'joined' };
    case 'left':
      return { type: 'left', facts: { why: event.why } };
    case 'recognised':
    case 'line': {
      const type = event.kind === 'line' ? 'line' : 'heard';
      const isLeftOut = event.kind === 'recognised' && event.isLeftOut;
      return { type, words: isLeftOut ? undefined : wordsOf(event, event.text) };
    }
    case 'answered':
      return {
        type: 'answered',
        facts: { finish: event.finish },
        words: event.isLeftOut ? undefined : wordsOf(event, event.heardText),
      };
    case 'played': {
      const { end, title, track } = event;
      return { type: 'played', facts: { reason: end }, words: { track, sound: title } };
    }
    case 'alert': {
      const { name, meaning } = alertOf(event);
      return { type: 'alert', facts: { name, meaning, state: event.state } };
    }
    default:
      return undefined;
  }
}

function wordsOf(
  { speakerId, name }: { readonly speakerId: string; readonly name: string },
  text: string,
) {
  return { speakerId, name, text };
}
