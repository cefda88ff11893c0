import type { Clock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { booksPart } from './books/schema.ts';
import { placeOf } from './connection.ts';
import { DedicatedConnection } from './dedicated-connection.ts';
import type { SqlRow } from './sql-connection.ts';

/** Seat in a voice channel, by the clock of the database. */
export type DatabaseSeat = {
  readonly guildId: string;
  readonly channelId: string;
  readonly sinceWallMs: number;
  readonly idleMs: number;
};

/** Group of tables and its format. */
export type DatabasePart = {
  readonly name: string;
  readonly version: number;
  /** Latest format that this program reads; absent for a part it does not know. */
  readonly known?: number;
};

/** The database of a bot, without anything that people said or set. */
export type DatabaseState = {
  readonly place: string;
  readonly upMs: number;
  readonly parts: readonly DatabasePart[];
  readonly seats: readonly DatabaseSeat[];
};

/** Longest time, in ms, for one statement. */
const readMs = 10_000;
const msSince = (at: string) => `1000 * extract(epoch FROM clock_timestamp() - ${at})`;

/** Reads what stands in the database of a bot; nothing is written, no lock is taken. Errors: BotError `store.unreadable`. */
export async function readDatabaseState(url: Secret, clock: Clock): Promise<DatabaseState> {
  await using connection = await DedicatedConnection.open({
    url,
    clock,
    applicationName: 'parley doctor',
    settings: { default_transaction_read_only: 'on' },
  });
  const rows = (sql: string, values: readonly unknown[] = []) =>
    connection.rows(sql, values, readMs);
  const [server] = await rows(
    `SELECT ${msSince('pg_postmaster_start_time()')} AS up_ms,
       to_regclass('parley_schema') IS NOT NULL AS is_there`,
  );
  const parts = server?.is_there === true ? await partsIn(rows) : [];
  const hasBooks = parts.some(({ name }) => name === booksPart.name);
  return {
    place: placeOf(url),
    upMs: Number(server?.up_ms),
    parts,
    seats: hasBooks ? await seatsIn(rows) : [],
  };
}

type Rows = (sql: string, values?: readonly unknown[]) => Promise<readonly SqlRow[]>;

async function partsIn(rows: Rows): Promise<readonly DatabasePart[]> {
  const known = new Map(
    [booksPart].map(({ name, migrations }) => [name, migrations.at(-1)?.version]),
  );
  const found = await rows('SELECT part, version FROM parley_schema ORDER BY part');
  return found.map(({ part, version }) => {
    const latest = known.get(String(part));
    const one = { name: String(part), version: Number(version) };
    return latest === undefined ? one : { ...one, known: latest };
  });
}

async function seatsIn(rows: Rows): Promise<readonly DatabaseSeat[]> {
  const found = await rows(
    `SELECT guild_id, channel_id, since_ms, ${msSince('alive_at')} AS idle_ms
     FROM seats ORDER BY guild_id`,
  );
  return found.map((row) => ({
    guildId: String(row.guild_id),
    channelId: String(row.channel_id),
    sinceWallMs: Number(row.since_ms),
    idleMs: Number(row.idle_ms),
  }));
}
