import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { type BotError, getErrorMessage } from '#src/base/errors.ts';

export type StoreEvent =
  | { readonly kind: 'opened' }
  /** Reported once until the store opens. */
  | { readonly kind: 'refused'; readonly error: BotError }
  | { readonly kind: 'written'; readonly tookMs: number }
  /** A sentence about a held `DATA_DIR` or deleted rows. */
  | { readonly kind: 'warning'; readonly message: string }
  /** Stores were copied before a migration. */
  | { readonly kind: 'copied'; readonly copies: readonly string[] }
  | AlertChange;

/** Time of failed writes before the alert. */
const unwrittenMs = 30_000;

export type StoreHealth = ReturnType<typeof createStoreHealth>;

/** Creates a monitor that reports outages, and raises an alert after long ones. */
export function createStoreHealth(
  name: AlertName,
  clock: Clock,
  report: (event: StoreEvent) => void,
) {
  let wasOpen: boolean | undefined;
  let unwrittenSinceMs: number | undefined;
  let former: AlertChange['state'] = 'cleared';

  function reportAlert(state: AlertChange['state'], cause: string) {
    if (former !== state) report({ kind: 'alert', name, state, cause });
    former = state;
  }

  return {
    opened(error?: BotError) {
      const isOpen = error === undefined;
      if (wasOpen !== isOpen)
        report(error ? { kind: 'refused', error } : { kind: 'opened' });
      wasOpen = isOpen;
    },

    async write<T>(work: () => Promise<T>): Promise<T> {
      const fromMs = clock.nowMs();
      unwrittenSinceMs ??= fromMs;
      try {
        const done = await work();
        report({ kind: 'written', tookMs: clock.nowMs() - fromMs });
        unwrittenSinceMs = undefined;
        reportAlert('cleared', 'it is written again');
        return done;
      } catch (error) {
        const waitedMs = clock.nowMs() - (unwrittenSinceMs ?? fromMs);
        const waited = `nothing was written for ${Math.round(waitedMs / 1000)} s`;
        if (waitedMs >= unwrittenMs)
          reportAlert('raised', `${waited}: ${getErrorMessage(error)}`);
        throw error;
      }
    },
  };
}
