import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError, type StoreCode } from '#src/base/errors.ts';
import { toFailureEvent } from './failure-event.ts';
import type { SessionEventListener } from './session-events.ts';

/** Clock that times a store, and the listener its failures are reported to. */
export type StoreWatch = { readonly clock: Clock; readonly onEvent: SessionEventListener };

/** A store on a disk that hangs must hold up neither a /join nor an answer to a person. */
const storeTimeoutMs = 5_000;
/** Longest time, in ms, of an erasure: it may take longer in a big store, and has to be completed. */
export const eraseTimeoutMs = 45_000;

/** Result of `work` with a store; undefined, and reported to the operator, when it fails or takes too long. Never throws. */
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
