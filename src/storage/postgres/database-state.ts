import { raw } from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { type ColumnsOf, integer, json, text } from '#src/sql/columns.ts';
import { openForProgram } from './postgres-driver.ts';
import { lockHolders } from './shard-locks.ts';

const readMs = 10_000;

type LiveProcess = {
  readonly name: string;
  readonly shardIds: readonly number[];
  readonly shardCount: number;
};

const processColumns: ColumnsOf<LiveProcess> = {
  name: text,
  shardIds: json(),
  shardCount: integer,
};

export type DatabaseState = {
  readonly place: string;
  /** Processes that serve shards. */
  readonly processes: readonly LiveProcess[];
};

/** Reads the users of a database without a lock. Throws BotError `store.unreadable`. */
export async function readDatabaseState(url: Secret): Promise<DatabaseState> {
  await using database = openForProgram({ url }, readMs);
  return {
    place: database.place,
    processes: await database.read((connection) =>
      connection.rows(processColumns, raw(lockHolders)),
    ),
  };
}

/**
 * Refuses a database that a bot uses, by BotError `store.in_use` or `store.unreadable`.
 */
export async function refuseLiveProcesses(url: Secret): Promise<void> {
  const { place, processes } = await readDatabaseState(url);
  const [process] = processes;
  if (!process) return;
  throw new BotError(
    'store.in_use',
    false,
    `${process.name} uses the database ${place}: stop every process first.`,
  );
}
