import { raw } from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { integer, json, text } from '#src/sql/columns.ts';
import { openForProgram } from './postgres-driver.ts';
import { lockHolders } from './shard-locks.ts';

const readMs = 10_000;

const processColumns = {
  name: text,
  shardIds: json<readonly number[]>(),
  shardCount: integer,
};

/** Reads the users of a database without a lock. Throws BotError `store.unreadable`. */
export async function readDatabaseState(url: Secret) {
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
export async function refuseLiveProcesses(url: Secret) {
  const { place, processes } = await readDatabaseState(url);
  const [live] = processes;
  if (!live) return;
  throw new BotError(
    'store.in_use',
    false,
    `${live.name} uses the database ${place}: stop every process first.`,
  );
}
