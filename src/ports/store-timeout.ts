import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type StoreCode } from '#src/base/errors.ts';
import { toFailureEvent } from './failure-event.ts';
import type { SessionEventListener } from './session-events.ts';

export type StoreWatch = {
  readonly clock: Clock;
  readonly onEvent: SessionEventListener;
};

/** A hanging disk must not hold up a /join or an answer. */
const storeTimeoutMs = 5_000;
/** A big store needs longer, and an erasure has to be completed. */
export const eraseTimeoutMs = 45_000;

/** Returns undefined if the store fails or is late, which is reported to the operator. Never throws. */
export async function withStoreTimeout<T>(
  guildId: GuildId,
  { clock, onEvent }: StoreWatch,
  code: StoreCode,
  work: () => Promise<T>,
  ms = storeTimeoutMs,
): Promise<T | undefined> {
  const createTimeoutError = () =>
    new BotError(code, true, `The store did not answer in ${ms / 1000} s.`);
  try {
    return await withTimeout(work(), ms, clock, createTimeoutError);
  } catch (error) {
    onEvent(guildId, toFailureEvent(error, 'store'));
    return undefined;
  }
}
