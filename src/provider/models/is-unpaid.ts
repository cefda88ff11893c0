import { BotError, type ErrorCode } from '#src/base/errors.ts';

/** Error codes of requests that the server did not serve, or that were not sent. */
const unpaid: ReadonlySet<ErrorCode> = new Set([
  'provider.unreachable',
  'provider.refused',
  'provider.bad_key',
  'provider.rate_limited',
  'provider.spent',
  'provider.wrong_type',
  'speech.unspeakable',
  'speech.no_voice',
]);

/** Whether a request that failed with `error` before its first output costs nothing; one that is late may be charged. */
export function isUnpaid(error: unknown): boolean {
  return error instanceof BotError && unpaid.has(error.code);
}
