import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { type BotError, getErrorMessage } from '#src/base/errors.ts';

/** Events of the store, for logs, figures and `/readyz`. */
export type StoreEvent =
  | { readonly kind: 'opened' }
  /** The store cannot be opened or reached; told once until it is opened again. */
  | { readonly kind: 'refused'; readonly error: BotError }
  | { readonly kind: 'written'; readonly tookMs: number }
  /** Another process holds `DATA_DIR`, and is waited for, or the migration deletes rows: in a sentence. */
  | { readonly kind: 'warning'; readonly message: string }
  /** Stores of a former format were copied before their migration. */
  | { readonly kind: 'copied'; readonly copies: readonly string[] }
  | AlertChange;

/** Time, in ms, for which writes fail before the operator is told. */
const unwrittenMs = 30_000;

export type StoreHealth = ReturnType<typeof createStoreHealth>;

/** Tells when a database goes and comes, and raises an alert while it could not be written for long. */
export function createStoreHealth(
  name: AlertName,
  clock: Clock,
  report: (event: StoreEvent) => void,
) {
  let wasOpen: boolean | undefined;
  /** Instant at which the first write was asked for that none has followed that succeeded. */
  let unwrittenSinceMs: number | undefined;
  let former: AlertChange['state'] = 'cleared';

  function reportChange(state: AlertChange['state'], cause: string) {
    if (former !== state) report({ kind: 'alert', name, state, cause });
    former = state;
  }

  return {
    /** Takes each try to open or reach it, with its error. */
    opened(error?: BotError) {
      const isOpen = error === undefined;
      if (wasOpen !== isOpen)
        report(error ? { kind: 'refused', error } : { kind: 'opened' });
      wasOpen = isOpen;
    },

    /** Result of a write, whose end counts. */
    async write<T>(work: () => Promise<T>): Promise<T> {
      const fromMs = clock.nowMs();
      unwrittenSinceMs ??= fromMs;
      try {
        const done = await work();
        report({ kind: 'written', tookMs: clock.nowMs() - fromMs });
        unwrittenSinceMs = undefined;
        reportChange('cleared', 'it is written again');
        return done;
      } catch (error) {
        const waitedMs = clock.nowMs() - (unwrittenSinceMs ?? fromMs);
        const waited = `nothing was written for ${Math.round(waitedMs / 1000)} s`;
        if (waitedMs >= unwrittenMs)
          reportChange('raised', `${waited}: ${getErrorMessage(error)}`);
        throw error;
      }
    },
  };
}
