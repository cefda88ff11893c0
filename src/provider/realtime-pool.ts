import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { fieldsOf, textIn } from '#src/base/json.ts';
import { ifInTime, unlessAborted } from '#src/base/waiting.ts';
import { codeOf, plainWords, serverName } from '#src/provider/models/error-phrases.ts';
import { apiUrl } from '#src/provider/models/models.ts';
import { type JsonEvent, JsonSocket, type SocketOptions, socketUrl } from './json-socket.ts';

export type RealtimePoolOptions = LinkOptions & {
  readonly ready: number;
};

const longestIdleMs = 60_000;
/** Servers end a session after an hour. */
const oldestMs = 50 * 60_000;

/**
 * Connections to one server with the same settings. Each serves one user at a time, and an unused one is closed after
 * a minute.
 */
export class RealtimePool implements Disposable {
  readonly #options: RealtimePoolOptions;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #urls: readonly URL[];
  readonly #idle = new Map<JsonSocket, () => void>();
  readonly #leased = new Set<JsonSocket>();
  readonly #opening = new Set<Promise<void>>();

  constructor(options: RealtimePoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#urls = options.urls;
  }

  get isIdle(): boolean {
    return this.#leased.size === 0;
  }

  /** Never throws and never waits. */
  warm(): void {
    if (this.#over.signal.aborted) return;
    for (let n = this.#idle.size + this.#opening.size; n < this.#options.ready; n++) {
      // Each lease gets the error.
      const opening = this.#open().then(
        (link) => this.#keep(link),
        () => undefined,
      );
      this.#opening.add(opening);
      void opening.then(() => this.#opening.delete(opening));
    }
  }

  /**
   * Leases a connection until it is given back. Throws BotError `provider.*`. Aborting `signal` throws
   * `signal.reason`.
   */
  async lease(signal: AbortSignal): Promise<JsonSocket> {
    const leasing = this.#lease();
    try {
      return await unlessAborted(leasing, signal);
    } catch (cause) {
      const unwanted = (link: JsonSocket) => this.giveBack(link, true);
      leasing.then(unwanted, () => undefined); // Each caller gets the error.
      throw cause;
    }
  }

  /** A connection is reusable if the server has nothing more to say about its former use. */
  giveBack(link: JsonSocket, isReusable: boolean): void {
    this.#leased.delete(link);
    if (isReusable) this.#keep(link);
    else link.close();
  }

  [Symbol.dispose](): void {
    this.#over.abort(new BotError('provider.unreachable', false, 'The connections are closed.'));
    for (const link of [...this.#idle.keys(), ...this.#leased]) this.#drop(link);
  }

  async #lease(): Promise<JsonSocket> {
    while (this.#idle.size === 0 && this.#opening.size > 0) await Promise.race(this.#opening);
    let [link] = this.#idle.keys();
    while (link && !link.alive) {
      this.#drop(link);
      [link] = this.#idle.keys();
    }
    const leased = link ?? (await this.#open());
    this.#idle.get(leased)?.();
    this.#idle.delete(leased);
    this.#leased.add(leased);
    return leased;
  }

  #keep(link: JsonSocket): void {
    link.detach();
    const isOld = this.#clock.nowMs() - link.openedAtMs > oldestMs;
    if (!link.alive || isOld || this.#over.signal.aborted) link.close();
    else
      this.#idle.set(
        link,
        this.#clock.later(longestIdleMs, () => this.#drop(link)),
      );
  }

  #drop(link: JsonSocket): void {
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    link.close();
  }

  async #open(): Promise<JsonSocket> {
    // The address that worked before comes first.
    const options = { ...this.#options, urls: this.#urls };
    const link = await openRealtimeLink(options, this.#over.signal);
    this.#urls = [link.url];
    return link;
  }
}

export type LinkOptions = Omit<SocketOptions, 'clock'> & {
  readonly clock?: Clock;
  readonly urls: readonly URL[];
  readonly opening: JsonEvent;
};

/** Servers differ in whether they greet and confirm. One that does neither is believed. */
const greetingMs = 2000;
const elsewhere = new Set(['provider.refused', 'provider.bad_key']);
async function openRealtimeLink(options: LinkOptions, signal: AbortSignal): Promise<JsonSocket> {
  let first: unknown;
  for (const url of options.urls) {
    try {
      return await openAt(url, options, signal);
    } catch (error) {
      first ??= error;
      if (!(error instanceof BotError && elsewhere.has(error.code))) break;
    }
  }
  throw first;
}

async function openAt(url: URL, options: LinkOptions, signal: AbortSignal): Promise<JsonSocket> {
  const { clock = realClock, opening } = options;
  const [greeted, updated] = [expected('created', options), expected('updated', options)];
  const socket = await JsonSocket.open(url, { ...options, clock }, greeted.listener, signal);
  try {
    await ifInTime(greeted.event, greetingMs, clock, signal);
    socket.attach(updated.listener);
    socket.send(opening);
    await ifInTime(updated.event, greetingMs, clock, signal);
    socket.detach();
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Waits for the next event of this kind. Rejects at an error, or at the end of the connection. */
function expected(what: 'created' | 'updated', options: LinkOptions) {
  const { promise, resolve, reject } = Promise.withResolvers<JsonEvent>();
  promise.catch(() => undefined);
  const hear = (event: JsonEvent) => {
    if (isOfSession(event, what)) resolve(event);
    if (event.type !== 'error') return;
    const { code, words } = errorIn(event);
    reject(refusalOf(words, code, options));
  };
  return { event: promise, listener: { hear, lost: reject } };
}

export function isOfSession({ type }: JsonEvent, what: 'created' | 'updated'): boolean {
  return type === `session.${what}` || type === `transcription_session.${what}`;
}

/** `eventId` is our event that the error is about, if the server says so. */
export function errorIn({ error }: JsonEvent) {
  const { message, code, event_id } = fieldsOf(error);
  const words = textIn(message) ?? 'no reason given';
  return { eventId: textIn(event_id), code: textIn(code), words };
}

/** The message holds the code only, as the text may quote people. */
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

export function realtimeUrls(baseUrl: string, queries: readonly object[]): URL[] {
  return queries.map((query) => socketUrl(apiUrl(baseUrl), '/realtime', { ...query }));
}
