import { waitAtMost, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import {
  type JsonEvent,
  JsonSocket,
  type SocketOptions,
  toSocketUrl,
} from './json-socket.ts';
import { formatServerName, toErrorCode, toPlainLine } from './models/error-text.ts';
import { toApiUrl } from './models/standard-models.ts';

export type RealtimePoolOptions = RealtimeSocketOptions & {
  readonly maxReady: number;
};

const maxIdleMs = 60_000;
/** Servers end a session after an hour. */
const maxSessionAgeMs = 50 * 60_000;

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

  warm() {
    if (this.#over.signal.aborted) return;
    for (
      let n = this.#idle.size + this.#opening.size;
      n < this.#options.maxReady;
      n++
    ) {
      // Each lease gets the error.
      const opening = this.#open().then(
        (link) => this.#keepIdle(link),
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
      return await waitUnlessAborted(leasing, signal);
    } catch (cause) {
      const unwanted = (link: JsonSocket) => this.giveBack(link, true);
      leasing.then(unwanted, () => undefined); // Each caller gets the error.
      throw cause;
    }
  }

  /** A connection is reusable if the server has nothing more to say about its former use. */
  giveBack(link: JsonSocket, isReusable: boolean) {
    this.#leased.delete(link);
    if (isReusable) this.#keepIdle(link);
    else link.close();
  }

  [Symbol.dispose]() {
    this.#over.abort(
      new BotError('provider.unreachable', false, 'The connections are closed.'),
    );
    for (const link of [...this.#idle.keys(), ...this.#leased]) this.#closeIdle(link);
  }

  async #lease() {
    while (this.#idle.size === 0 && this.#opening.size > 0)
      await Promise.race(this.#opening);
    let [link] = this.#idle.keys();
    while (link && !link.isAlive) {
      this.#closeIdle(link);
      [link] = this.#idle.keys();
    }
    const leased = link ?? (await this.#open());
    this.#idle.get(leased)?.();
    this.#idle.delete(leased);
    this.#leased.add(leased);
    return leased;
  }

  #keepIdle(link: JsonSocket) {
    link.detach();
    const isOld = this.#clock.nowMs() - link.openedAtMs > maxSessionAgeMs;
    if (!link.isAlive || isOld || this.#over.signal.aborted) link.close();
    else
      this.#idle.set(
        link,
        this.#clock.later(maxIdleMs, () => this.#closeIdle(link)),
      );
  }

  #closeIdle(link: JsonSocket) {
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    link.close();
  }

  async #open() {
    // The address that worked before comes first.
    const options = { ...this.#options, urls: this.#urls };
    const link = await openRealtimeSocket(options, this.#over.signal);
    this.#urls = [link.url];
    return link;
  }
}

export type RealtimeSocketOptions = Omit<SocketOptions, 'clock'> & {
  readonly clock?: Clock;
  readonly urls: readonly URL[];
  readonly opening: JsonEvent;
};

/** Servers differ in whether they greet and confirm. One that does neither is believed. */
const greetingTimeoutMs = 2000;
const wrongAddressCodes = new Set(['provider.refused', 'provider.bad_key']);
async function openRealtimeSocket(options: RealtimeSocketOptions, signal: AbortSignal) {
  let first: unknown;
  for (const url of options.urls) {
    try {
      return await openAddress(url, options, signal);
    } catch (error) {
      first ??= error;
      if (!(error instanceof BotError && wrongAddressCodes.has(error.code))) break;
    }
  }
  throw first;
}

async function openAddress(
  url: URL,
  options: RealtimeSocketOptions,
  signal: AbortSignal,
) {
  const { clock = realClock, opening } = options;
  const [greeted, updated] = [
    awaitSessionEvent('created', options),
    awaitSessionEvent('updated', options),
  ];
  const socket = await JsonSocket.open(
    url,
    { ...options, clock },
    greeted.listener,
    signal,
  );
  try {
    await waitAtMost(greeted.event, greetingTimeoutMs, clock, signal);
    socket.attach(updated.listener);
    socket.send(opening);
    await waitAtMost(updated.event, greetingTimeoutMs, clock, signal);
    socket.detach();
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Waits for the next event of this kind. Rejects at an error, or at the end of the connection. */
function awaitSessionEvent(
  what: 'created' | 'updated',
  options: RealtimeSocketOptions,
) {
  const { promise, resolve, reject } = Promise.withResolvers<JsonEvent>();
  promise.catch(() => undefined);
  const onEvent = (event: JsonEvent) => {
    if (isSessionEvent(event, what)) resolve(event);
    if (event.type !== 'error') return;
    const { code, words } = readErrorEvent(event);
    reject(createRealtimeError(words, code, options));
  };
  return { event: promise, listener: { onEvent, onLost: reject } };
}

export function isSessionEvent(
  { type }: JsonEvent,
  what: 'created' | 'updated',
): boolean {
  return type === `session.${what}` || type === `transcription_session.${what}`;
}

/** `eventId` is our event that the error is about, if the server says so. */
export function readErrorEvent({ error }: JsonEvent) {
  const { message, code, event_id } = toRecord(error);
  const words = toNonEmptyText(message) ?? 'no reason given';
  return { eventId: toNonEmptyText(event_id), code: toNonEmptyText(code), words };
}

/** The message holds the code only, as the text may quote people. */
export function createRealtimeError(
  words: string,
  code: string | undefined,
  { baseUrl, apiKey }: Pick<RealtimeSocketOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const isOwnFault = code === 'invalid_value' || code === 'invalid_request_error';
  const serverMessage = toPlainLine(words, apiKey?.reveal(), 140);
  const about = { serverMessage, ...(isOwnFault && { status: 400 }) };
  const message = `${formatServerName(baseUrl)} did not answer: ${toErrorCode(code) ?? 'no code given'}.`;
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

export function listRealtimeUrls(baseUrl: string, queries: readonly object[]): URL[] {
  return queries.map((query) =>
    toSocketUrl(toApiUrl(baseUrl), '/realtime', { ...query }),
  );
}
