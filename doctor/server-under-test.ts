import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { knowsNoPath } from '#src/provider/base-url-fallback.ts';
import { openClient } from '#src/provider/client.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { serverName, withServerWords } from '#src/provider/models/error-phrases.ts';
import { RecordedFetch } from './recorded-fetch.ts';

export type Address = { readonly baseUrl: string; readonly apiKey?: Secret };

/** Longest time of one question to a server, and the clock it is taken by. */
export type ProbeDeadline = { readonly clock: Clock; readonly deadlineMs: number };

/** A server under examination, asked through the bot's own client. */
export type ServerUnderTest = Address &
  ProbeDeadline & {
    readonly client: ApiClient;
    readonly recorded: RecordedFetch;
    /** The base URL that answered, once one did. */
    readonly base: { url: string; completed: boolean };
  };

/** The base URL that works, as it may be shown: without its query. */
export function shownUrl({ base }: ServerUnderTest): string {
  return serverName(base.url);
}

export type ProbeAttempt<T> =
  | { readonly kind: 'done'; readonly value: T; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly error: BotError };

/** Enough for any sound asked for here. */
const maxBytes = 16 * 1024 * 1024;

export function openServerUnderTest(
  address: Address,
  { clock, deadlineMs }: ProbeDeadline,
): ServerUnderTest {
  const recorded = new RecordedFetch(clock);
  const base = { url: address.baseUrl, completed: false };
  const { baseUrl, apiKey } = address;
  const own = { baseUrl, ...(apiKey && { apiKey }) };
  const client = openClient({
    ...own,
    clock,
    limits: { firstByteMs: deadlineMs, idleMs: deadlineMs, maxBytes },
    tap: (send) => recorded.tap(send),
    onBaseUrl: (found) => {
      Object.assign(base, { url: found, completed: true });
    },
  });
  return { ...own, clock, deadlineMs, client, recorded, base };
}

/** Asks one thing, and takes no longer than the deadline. Never throws. */
export async function attempt<T>(
  { client, clock, deadlineMs }: ServerUnderTest,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<ProbeAttempt<T>> {
  const [over, answered] = [new AbortController(), new AbortController()];
  const late = new BotError(
    'provider.late',
    true,
    `It took longer than the limit of ${deadlineMs / 1000} s.`,
  );
  void clock.sleep(deadlineMs, answered.signal).then(
    () => over.abort(late),
    () => {},
  );
  const startedMs = clock.nowMs();
  try {
    const value = await ask(over.signal);
    return { kind: 'done', value, tookMs: clock.nowMs() - startedMs };
  } catch (cause) {
    return { kind: 'failed', error: over.signal.aborted ? late : quoting(cause, client) };
  } finally {
    answered.abort();
  }
}

/** No words of people are sent here, so that the server's may be shown. */
function quoting(cause: unknown, client: ApiClient): BotError {
  const error = describeError(cause, client);
  const { code, retryable, stage, about } = error;
  return new BotError(code, retryable, withServerWords(error), error.cause, stage, about);
}

/** Whether a server has no such path or method, which is no fault of it. */
export function isAbsent({ recorded }: ServerUnderTest): boolean {
  const { status = 0, type = '', head } = recorded.last ?? {};
  if (status !== 404) return status === 405 || status === 501;
  return !/json/.test(type) || knowsNoPath(`${head}`);
}
