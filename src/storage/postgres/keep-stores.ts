import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PortionStore } from '#src/spending/ledger/total-portion.ts';
import type { Store } from '#src/storage/store.ts';
import { PostgresPortions } from '#src/storage/stores/spending-portions.ts';
import { sqlStores } from '#src/storage/stores/sql-stores.ts';
import { mainStore } from '#src/storage/stores/store-parts.ts';
import type { StoreEvent } from '#src/storage/thread/steady-store.ts';
import { perform } from '#src/storage/thread/store-kind.ts';
import { WriteWatchdog } from '#src/storage/thread/write-watchdog.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { migratePostgres, type SchemaPart } from './migrate.ts';
import { PostgresPool } from './pool.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { comesBack, hindranceBehind, type PostgresHindrance } from './postgres-trouble.ts';
import { storesPart } from './stores/schema.ts';

export type PostgresStoreOptions = ConnectionOptions & {
  readonly clock: Clock;
  /** Groups of tables beside those of the store. */
  readonly parts?: readonly SchemaPart[];
  readonly report: (event: StoreEvent) => void;
};

/** Longest time, in ms, that the start waits for a database that cannot be reached. */
const startMs = 60_000;
const retryMs = 2_000;

/**
 * The store in PostgreSQL, with its pool for what else is kept there. While the database is away, `report` hears of it once,
 * reads fail, and writes wait.
 *
 * Errors: BotError `store.misconfigured` where DATABASE_URL cannot work, `store.newer`, `store.older`, `store.unreadable` where the database
 * was not reached for 60 s. Aborting `signal` throws `signal.reason`.
 */
export async function openPostgresStore(
  { clock, parts = [], report, ...connection }: PostgresStoreOptions,
  signal: AbortSignal,
): Promise<PostgresStores & { readonly pool: PostgresPool }> {
  const keeper = new StoreKeeper(clock, report);
  const onResult = (error: unknown) => keeper.ended(error);
  const pool = new PostgresPool({ ...connection, clock, onResult });
  try {
    await whenReached(() => migratePostgres(pool, [storesPart, ...parts]), clock, signal);
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw misconfigured(error);
  }
  const { portions, ...stores } = openStores(pool, clock);
  return { ...keeper.keep(stores), portions, pool };
}

async function whenReached(
  work: () => Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.nowMs() + startMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof BotError && error.retryable;
      if (!mayPass || clock.nowMs() + retryMs > untilMs) throw error;
    }
    await clock.sleep(retryMs, signal);
  }
}

function misconfigured(error: unknown): unknown {
  if (!(error instanceof BotError) || error.retryable) return error;
  if (error.code === 'store.newer' || error.code === 'store.older') return error;
  return new BotError('store.misconfigured', false, error.message, error.cause);
}

/** Tells when the database goes and comes, and when nothing could be written for long. */
class StoreKeeper {
  readonly #report: (event: StoreEvent) => void;
  readonly #watchdog: WriteWatchdog;
  /** `unknown` until the first operation has ended. */
  #reported: PostgresHindrance | 'unknown' | undefined = 'unknown';

  constructor(clock: Clock, report: (event: StoreEvent) => void) {
    this.#report = report;
    this.#watchdog = new WriteWatchdog(mainStore.alert, clock, report);
  }

  /** Takes the end of an operation: each new reason is told once, and that it is over. */
  ended(error: unknown): void {
    if (error === undefined) {
      if (this.#reported !== undefined) this.#report({ kind: 'opened' });
      this.#reported = undefined;
    } else if (error instanceof BotError && comesBack(error)) {
      this.#watchdog.failed(error.message);
      const hindrance = hindranceBehind(error);
      if (hindrance !== this.#reported) this.#report({ kind: 'refused', error });
      this.#reported = hindrance;
    }
  }

  keep(stores: Store): Store {
    const call = (name: string, args: readonly unknown[]) => perform(stores, name, args);
    return this.#watchdog.over(mainStore, call, async () => await stores[Symbol.asyncDispose]());
  }
}

/** The store in PostgreSQL, which several processes share. */
export type PostgresStores = Store & { readonly portions: PortionStore };

/** The store over connections to a database whose schema is of the present format. Closing it closes the pool. */
export function openStores(pool: PostgresPool, clock: Clock): PostgresStores {
  const database = new PostgresDatabase(pool, clock);
  return {
    ...sqlStores(database),
    portions: new PostgresPortions(database),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    },
  };
}
