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

export type RealtimePool = ReturnType<typeof openRealtimePool>;

/** Opens connections to one server. Each serves one user at a time, and an unused one is closed after a minute. */
export function openRealtimePool(options: RealtimePoolOptions) {
  const { clock = realClock, maxReady } = options;
  const over = new AbortController();
  const idle = new Map<JsonSocket, () => void>();
  const leased = new Set<JsonSocket>();
  const opening = new Set<Promise<void>>();
  let { urls } = options;

  /** Ends a lease. A connection is reusable if nothing more can arrive for its former use. */
  function endLease(link: JsonSocket, isReusable: boolean) {
    leased.delete(link);
    if (isReusable) keepIdle(link);
    else link.close();
  }

  async function takeOrOpen() {
    while (idle.size === 0 && opening.size > 0) await Promise.race(opening);
    let [link] = idle.keys();
    while (link && !link.isAlive) {
      closeIdle(link);
      [link] = idle.keys();
    }
    link ??= await openLink();
    idle.get(link)?.();
    idle.delete(link);
    leased.add(link);
    return link;
  }

  function keepIdle(link: JsonSocket) {
    link.detach();
    const isOld = clock.nowMs() - link.openedAtMs > maxSessionAgeMs;
    if (!link.isAlive || isOld || over.signal.aborted) link.close();
    else
      idle.set(
        link,
        clock.later(maxIdleMs, () => closeIdle(link)),
      );
  }

  function closeIdle(link: JsonSocket) {
    idle.get(link)?.();
    idle.delete(link);
    link.close();
  }

  async function openLink() {
    const link = await openRealtimeSocket({ ...options, urls }, over.signal);
    // The address that worked before comes first.
    urls = [link.url];
    return link;
  }

  return {
    get isIdle(): boolean {
      return leased.size === 0;
    },
    warm() {
      if (over.signal.aborted) return;
      for (let n = idle.size + opening.size; n < maxReady; n++) {
        // Each lease gets the error.
        const ready = openLink().then(keepIdle, () => undefined);
        opening.add(ready);
        void ready.then(() => opening.delete(ready));
      }
    },
    /** Leases a connection until `endLease`. Throws BotError `provider.*`. */
    async lease(signal: AbortSignal): Promise<JsonSocket> {
      const leasing = takeOrOpen();
      try {
        return await waitUnlessAborted(leasing, signal);
      } catch (cause) {
        const unwanted = (link: JsonSocket) => endLease(link, true);
        leasing.then(unwanted, () => undefined); // Each caller gets the error.
        throw cause;
      }
    },
    endLease,
    [Symbol.dispose]() {
      over.abort(
        new BotError('provider.unreachable', false, 'The connections are closed.'),
      );
      for (const link of [...idle.keys(), ...leased]) closeIdle(link);
    },
  };
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
  const settle = (event: JsonEvent) => {
    if (isSessionEvent(event, what)) resolve(event);
    if (event.type !== 'error') return;
    const { code, words } = readErrorEvent(event);
    reject(createRealtimeError(words, code, options));
  };
  return { event: promise, listener: { onEvent: settle, onLost: reject } };
}

export function isSessionEvent(
  { type }: JsonEvent,
  what: 'created' | 'updated',
): boolean {
  return type === `session.${what}` || type === `transcription_session.${what}`;
}

/** Reads an error, and the `eventId` of ours that the error is about, if known. */
export function readErrorEvent({ error }: JsonEvent) {
  const { message, code, event_id } = toRecord(error);
  const words = toNonEmptyText(message) ?? 'no reason given';
  return { eventId: toNonEmptyText(event_id), code: toNonEmptyText(code), words };
}

/** Creates an error, with the code only, as the text may quote people. */
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
