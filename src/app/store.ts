import { realClock } from '#src/base/clock.ts';
import type { SharedSpending } from '#src/spending/ledger/shared-spending.ts';
import type { PostgresPool } from '#src/storage/postgres/pool.ts';
import { type Store, storePath } from '#src/storage/store.ts';
import { mainStore } from '#src/storage/thread/operations.ts';
import { keepStore } from '#src/storage/thread/steady-store.ts';
import { openStore } from '#src/storage/thread/store-thread.ts';
import type { BotOptions } from './bot-options.ts';

/** What outlives the process. */
export type OpenedStore = {
  readonly store: Store;
  /** Only where several processes may share the store. */
  readonly sharedSpending?: SharedSpending;
  /** Connections to the database of the store; absent: it is a file. Closed with the store. */
  readonly pool?: PostgresPool;
};

/** Time, in ms, that the database has to answer once the process is asked to end: less than an orderly end may take. */
const endMs = 6_500;

/**
 * The store: SQLite, which stops nobody from talking while it is in trouble, or PostgreSQL, which is to be there at the start.
 *
 * Errors: of PostgreSQL, as `openPostgresStore`. Aborting `signal` throws `signal.reason`.
 */
export async function openBotStore(
  { config, onStore }: Pick<BotOptions, 'config' | 'onStore'>,
  signal: AbortSignal,
): Promise<OpenedStore> {
  const { dataDir, databaseUrl: url } = config;
  const clock = realClock;
  if (url) {
    // Nothing of it is loaded where it is not used.
    const [{ openPostgresStore }, { transcriptsPart }] = await Promise.all([
      import('#src/storage/postgres/keep-books.ts'),
      import('#src/storage/postgres/transcripts/schema.ts'),
    ]);
    const { pool, sharedSpending, ...store } = await openPostgresStore(
      { url, clock, parts: [transcriptsPart], tell: onStore },
      signal,
    );
    signal.addEventListener('abort', () => pool.endWithin(endMs), { once: true });
    return { store, sharedSpending, pool };
  }
  const open = () => openStore(mainStore, storePath(dataDir), { clock });
  return { store: await keepStore(mainStore, open, clock, onStore) };
}
