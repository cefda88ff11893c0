import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { fieldsOf } from '#src/base/json.ts';
import { ifInTime } from '#src/base/waiting.ts';
import { codeOf, plainWords, serverName } from '#src/provider/models/error-phrases.ts';
import { type JsonEvent, JsonSocket, type SocketOptions, socketUrl } from './json-socket.ts';

export type LinkOptions = Omit<SocketOptions, 'clock'> & {
  readonly clock?: Clock;
  /** Addresses of the server, tried in this order until one is known there. */
  readonly urls: readonly URL[];
  /** First event to a session: its settings. */
  readonly opening: JsonEvent;
};

export type LinkListener = {
  hear(event: JsonEvent): void;
  /** Once, and never after `close`. */
  lost(error: BotError): void;
};

/** Servers differ in whether they greet and whether they confirm; one that does neither is believed. */
const greetingMs = 2000;
/** Errors of a server that does not know this address. */
const elsewhere = new Set(['provider.refused', 'provider.bad_key']);
/** One second of 24 kHz; far below the 15 MiB a server takes at once. */
const pieceSamples = 24_000;
const idle: LinkListener = { hear: () => undefined, lost: () => undefined };

/** One connection to a Realtime server, configured and ready. */
export class RealtimeLink {
  readonly #options: LinkOptions;
  readonly #clock: Clock;
  readonly url: URL;
  readonly openedAtMs: number;
  #socket: JsonSocket | undefined;
  #listener = idle;
  #loss: BotError | undefined;

  private constructor(options: LinkOptions, url: URL) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.url = url;
    this.openedAtMs = this.#clock.nowMs();
  }

  /** Errors: BotError `provider.*`. Aborting `signal` throws its reason. */
  static async open(options: LinkOptions, signal: AbortSignal): Promise<RealtimeLink> {
    let first: unknown;
    for (const url of options.urls) {
      const link = new RealtimeLink(options, url);
      try {
        await link.#begin(signal);
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

  /** One listener at a time; it must not throw. It is told of a loss that nobody was told of. */
  attach(listener: LinkListener): void {
    this.#listener = listener;
    if (this.#loss) listener.lost(this.#loss);
  }

  detach(): void {
    this.#listener = idle;
  }

  send(event: JsonEvent): void {
    this.#socket?.send(event);
  }

  /** Adds samples at 24 kHz mono to the server's input buffer. */
  append(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at += pieceSamples) {
      const { buffer, byteOffset, byteLength } = samples.subarray(at, at + pieceSamples);
      const audio = Buffer.from(buffer, byteOffset, byteLength).toString('base64');
      this.send({ type: 'input_audio_buffer.append', audio });
    }
  }

  /** Stops reading, or goes on. */
  hold(on: boolean): void {
    if (on) this.#socket?.pause();
    else this.#socket?.resume();
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const greeted = this.#expect('created');
    this.#socket = await JsonSocket.open(
      this.url,
      { ...this.#options, clock: this.#clock },
      {
        event: (event) => this.#listener.hear(event),
        lost: (error) => {
          this.#socket = undefined;
          this.#loss = error;
          this.#listener.lost(error);
        },
      },
      signal,
    );
    const greeting = await ifInTime(greeted, greetingMs, this.#clock, signal);
    const updated = this.#expect('updated');
    if (greeting && isOfBeta(greeting)) throw this.#isOutdated();
    this.send(this.#options.opening);
    await ifInTime(updated, greetingMs, this.#clock, signal);
    this.detach();
    if (this.#loss) throw this.#loss;
  }

  #isOutdated(): BotError {
    const message = `${serverName(this.#options.baseUrl)} speaks the former Realtime interface (beta), which the bot no longer supports: update that server.`;
    return new BotError('provider.refused', false, message);
  }

  /** The session's next event of this kind; an error, or the end, instead. */
  #expect(what: 'created' | 'updated'): Promise<JsonEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<JsonEvent>();
    promise.catch(() => undefined);
    this.attach({
      hear: (event) => {
        if (isOfSession(event, what)) resolve(event);
        if (event.type !== 'error') return;
        const { message, code } = fieldsOf(event.error);
        reject(refusalOf(`${message}`, codeOf(code), this.#options));
      },
      lost: reject,
    });
    return promise;
  }
}

/** Whether a server tells that it has made, or changed, the session. */
export function isOfSession({ type }: JsonEvent, what: 'created' | 'updated'): boolean {
  return type === `session.${what}` || type === `transcription_session.${what}`;
}

/** Whether a greeting is that of the interface of before May 2026. */
function isOfBeta({ type, session }: JsonEvent): boolean {
  const settings = fieldsOf(session);
  const hasFormerNames = 'input_audio_format' in settings || 'modalities' in settings;
  return hasFormerNames || type === 'transcription_session.created';
}

/** Error from a server's message: its code in the sentence, its words apart. */
export function refusalOf(
  words: string,
  code: string | undefined,
  { baseUrl, apiKey }: Pick<LinkOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const isOwnFault = code === 'invalid_value' || code === 'invalid_request_error';
  const serverWords = plainWords(words, apiKey?.reveal(), 140);
  const about = { serverWords, ...(isOwnFault && { status: 400 }) };
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

/** Addresses below a base URL, with each of these queries; also below its `/v1`, where it lacks that. */
export function realtimeUrls(baseUrl: string, queries: readonly object[]): URL[] {
  const versioned = /\/v\d+\/?$/.test(new URL(baseUrl).pathname);
  const paths = versioned ? ['/realtime'] : ['/realtime', '/v1/realtime'];
  return paths.flatMap((path) => queries.map((query) => socketUrl(baseUrl, path, { ...query })));
}
