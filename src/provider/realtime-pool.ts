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

/** Connections to one server. Each serves one user at a time, and an unused one is closed after a minute. */
export class RealtimePool implements Disposable {
  readonly #options: RealtimePoolOptions;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  /** Unused connections, each with the function that cancels its closing. */
  readonly #idle = new Map<JsonSocket, () => void>();
  readonly #leased = new Set<JsonSocket>();
  readonly #opening = new Set<Promise<void>>();
  #urls: readonly URL[];

  constructor(options: RealtimePoolOptions) {
    this.#options = { keyHeader: { name: 'authorization' }, ...options };
    this.#clock = options.clock ?? realClock;
    this.#urls = options.urls;
  }

  /** Whether no connection is leased. */
  get isIdle(): boolean {
    return this.#leased.size === 0;
  }

  /** Opens connections ahead of need, up to `maxReady` unused ones. Never throws and never waits. */
  warm(): void {
    if (this.#over.signal.aborted) return;
    const { maxReady } = this.#options;
    for (let n = this.#idle.size + this.#opening.size; n < maxReady; n++) {
      // Each lease gets the error.
      const ready = this.#openLink().then(
        (link) => this.#keepIdle(link),
        () => undefined,
      );
      this.#opening.add(ready);
      void ready.then(() => this.#opening.delete(ready));
    }
  }

  /** Leases a connection until `endLease`. Throws BotError `provider.*`. */
  async lease(signal: AbortSignal): Promise<JsonSocket> {
    const leasing = this.#takeOrOpen();
    try {
      return await waitUnlessAborted(leasing, signal);
    } catch (cause) {
      // Each caller gets the error.
      leasing.then(
        (link) => this.endLease(link, true),
        () => undefined,
      );
      throw cause;
    }
  }

  /** Ends a lease. A connection is reusable if nothing more can arrive for its former use. */
  endLease(link: JsonSocket, isReusable: boolean): void {
    this.#leased.delete(link);
    if (isReusable) this.#keepIdle(link);
    else link.close();
  }

  /** Closes all connections, leased ones too. Later leases throw BotError `provider.unreachable`. */
  [Symbol.dispose](): void {
    this.#over.abort(
      new BotError('provider.unreachable', false, 'The connections are closed.'),
    );
    for (const link of [...this.#idle.keys(), ...this.#leased]) this.#closeIdle(link);
  }

  async #takeOrOpen() {
    while (this.#idle.size === 0 && this.#opening.size > 0)
      await Promise.race(this.#opening);
    let [link] = this.#idle.keys();
    while (link && !link.isAlive) {
      this.#closeIdle(link);
      [link] = this.#idle.keys();
    }
    link ??= await this.#openLink();
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    this.#leased.add(link);
    return link;
  }

  #keepIdle(link: JsonSocket) {
    link.detach();
    const isOld = this.#clock.nowMs() - link.openedAtMs > maxSessionAgeMs;
    if (!link.isAlive || isOld || this.#over.signal.aborted) {
      link.close();
      return;
    }
    const cancelClosing = this.#clock.later(maxIdleMs, () => this.#closeIdle(link));
    this.#idle.set(link, cancelClosing);
  }

  #closeIdle(link: JsonSocket) {
    this.#idle.get(link)?.();
    this.#idle.delete(link);
    link.close();
  }

  async #openLink() {
    const { signal } = this.#over;
    const options = { ...this.#options, urls: this.#urls };
    const link = await openRealtimeSocket(options, signal);
    // The address that worked before comes first.
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
  let firstError: unknown;
  for (const url of options.urls) {
    try {
      return await openAddress(url, options, signal);
    } catch (error) {
      firstError ??= error;
      if (!(error instanceof BotError && wrongAddressCodes.has(error.code))) break;
    }
  }
  throw firstError;
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
function awaitSessionEvent(state: SessionState, options: RealtimeSocketOptions) {
  const { promise, resolve, reject } = Promise.withResolvers<JsonEvent>();
  promise.catch(() => undefined);
  const settleWait = (event: JsonEvent) => {
    if (isSessionEvent(event, state)) resolve(event);
    if (event.type !== 'error') return;
    const { code, message } = readErrorEvent(event);
    reject(createRealtimeError(message, code, options));
  };
  return { event: promise, listener: { onEvent: settleWait, onLost: reject } };
}

type SessionState = 'created' | 'updated';

/** Returns whether a server reports that it has created or updated a session. */
export function isSessionEvent({ type }: JsonEvent, state: SessionState): boolean {
  return type === `session.${state}` || type === `transcription_session.${state}`;
}

/** An error of a Realtime server. */
export type RealtimeFault = {
  /** Our event that the error is about, if the server says so. */
  readonly eventId: string | undefined;
  readonly code: string | undefined;
  /** A sentence of the server, which may quote people. */
  readonly message: string;
};

export function readErrorEvent({ error }: JsonEvent): RealtimeFault {
  const { message, code, event_id } = toRecord(error);
  return {
    eventId: toNonEmptyText(event_id),
    code: toNonEmptyText(code),
    message: toNonEmptyText(message) ?? 'no reason given',
  };
}

/** Creates an error with the code alone in its message, as the text may quote people. */
export function createRealtimeError(
  text: string,
  code: string | undefined,
  { baseUrl, apiKey }: Pick<RealtimeSocketOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const isOwnFault = code === 'invalid_value' || code === 'invalid_request_error';
  const serverMessage = toPlainLine(text, apiKey?.reveal(), 140);
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
