import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { ifInTime } from '#src/base/waiting.ts';
import { codeOf, plainWords, serverName } from '#src/provider/models/error-phrases.ts';
import {
  type JsonEvent,
  JsonSocket,
  type OpenSocket,
  type SocketLimits,
  socketUrl,
} from './json-socket.ts';
import { readTalk, type TalkEvent } from './realtime-reading.ts';

export type LinkOptions = {
  /** `http` and `ws` mean the same. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
  readonly clock?: Clock;
  readonly limits?: Partial<SocketLimits>;
  readonly openSocket?: OpenSocket;
  /** First event to a session: its settings. */
  readonly opening: JsonEvent;
};

export type LinkListener = {
  hear(event: TalkEvent): void;
  /** Once, and never after `close`. */
  lost(error: BotError): void;
};

/** Servers differ in whether they greet and whether they confirm; one that does neither is believed. */
const greetingMs = 2000;
/** Errors of a server that does not know this address. */
const elsewhere = new Set(['provider.refused', 'provider.bad_key']);

/** One connection to a model that speaks, configured and ready. */
export class RealtimeLink {
  readonly #options: LinkOptions;
  readonly openedAtMs: number;
  #socket: JsonSocket | undefined;
  #listener: LinkListener;

  private constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options;
    this.#listener = listener;
    this.openedAtMs = this.#clock.nowMs();
  }

  /**
   * Opens a connection; where the base URL lacks its `/v1`, also there. Errors: BotError `provider.*`. Aborting `signal`
   * throws its reason.
   */
  static async open(
    options: LinkOptions,
    listener: LinkListener,
    signal: AbortSignal,
  ): Promise<RealtimeLink> {
    let first: unknown;
    for (const url of addresses(options)) {
      const link = new RealtimeLink(options, listener);
      try {
        await link.#begin(url, signal);
        return link;
      } catch (error) {
        link.close();
        first ??= error;
        if (!(error instanceof BotError && elsewhere.has(error.code))) break;
      }
    }
    throw first;
  }

  get alive(): boolean {
    return this.#socket !== undefined;
  }

  send(event: JsonEvent): void {
    this.#socket?.send(event);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #begin(url: URL, signal: AbortSignal): Promise<void> {
    const { limits = {}, opening, baseUrl } = this.#options;
    const listener = this.#listener;
    const greeted = this.#expect('created');
    this.#socket = await JsonSocket.open(
      url,
      { ...this.#options, clock: this.#clock, limits },
      {
        event: (event) => {
          const talkEvent = readTalk(event);
          if (talkEvent) this.#listener.hear(talkEvent);
        },
        lost: (error) => {
          this.#socket = undefined;
          this.#listener.lost(error);
        },
      },
      signal,
    );
    const created = await ifInTime(greeted, greetingMs, this.#clock, signal);
    if (created?.kind === 'created' && created.isBeta) throw formerInterface(baseUrl);
    const updated = this.#expect('updated');
    this.send(opening);
    await ifInTime(updated, greetingMs, this.#clock, signal);
    this.#listener = listener;
  }

  /** The next event of this kind; an error, or the end, instead. */
  #expect(kind: TalkEvent['kind']): Promise<TalkEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<TalkEvent>();
    promise.catch(() => undefined);
    this.#listener = {
      hear: (event) => {
        if (event.kind === kind) resolve(event);
        if (event.kind === 'error') reject(refusalOf(event.words, event.code, this.#options));
      },
      lost: reject,
    };
    return promise;
  }

  get #clock(): Clock {
    return this.#options.clock ?? realClock;
  }
}

/** Error of a server of before May 2026, whose event names this bot does not support. */
function formerInterface(baseUrl: string): BotError {
  const message = `${serverName(baseUrl)} speaks the former Realtime interface (beta), which the bot no longer supports: update that server.`;
  return new BotError('provider.refused', false, message);
}

/** Error from a server's message: its code in the sentence, its words apart. */
export function refusalOf(
  words: string,
  code: string | undefined,
  { baseUrl, apiKey }: Pick<LinkOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const about = { serverWords: plainWords(words, apiKey?.reveal(), 140) };
  const message = `${serverName(baseUrl)} did not answer: ${codeOf(code) ?? 'no code given'}.`;
  const isLimited = /rate_limit/.test(code ?? '');
  const refused = isLimited ? 'provider.rate_limited' : 'provider.refused';
  const kind = code === 'insufficient_quota' ? 'provider.spent' : refused;
  return new BotError(
    kind,
    isLimited || code === 'server_error',
    message,
    undefined,
    undefined,
    about,
  );
}

function addresses({ baseUrl, model }: LinkOptions): URL[] {
  const versioned = /\/v\d+\/?$/.test(new URL(baseUrl).pathname);
  const paths = versioned ? ['/realtime'] : ['/realtime', '/v1/realtime'];
  return paths.map((path) => socketUrl(baseUrl, path, { model }));
}
