import type { Seat, SeatStore, StoredSeat } from '#src/session/ports/stores/seat-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import { seatOf } from '#src/storage/seats.ts';
import { askedAt, insertRows, isNewer, serverLane, writtenToo } from './writing.ts';

const withIdle =
  'SELECT *, extract(epoch FROM clock_timestamp() - alive_at) * 1000 AS idle_ms FROM seats';

/** Seats in PostgreSQL, one row per server, and one for each thing a person said there or did; by the clock of the database. */
export class PostgresSeats implements SeatStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async read(): Promise<readonly StoredSeat[]> {
    return await this.#database.read([], async (connection) => {
      const seats = await connection.rows(`${withIdle} ORDER BY guild_id`);
      const all = await connection.rows('SELECT * FROM seat_consents ORDER BY person_id');
      const people = Map.groupBy(all, ({ guild_id }) => String(guild_id));
      return seats.map((row) => storedSeat(row, people.get(String(row.guild_id)) ?? []));
    });
  }

  async readIn(guildId: string): Promise<StoredSeat | undefined> {
    return await this.#database.read([serverLane('seats', guildId)], async (connection) => {
      const [row] = await connection.rows(`${withIdle} WHERE guild_id = $1`, [guildId]);
      const sql = 'SELECT * FROM seat_consents WHERE guild_id = $1 ORDER BY person_id';
      return row && storedSeat(row, await connection.rows(sql, [guildId]));
    });
  }

  async write(seat: Seat): Promise<void> {
    const { guildId, channelId, channelName, mode, pipeline, transcriptId, isPaused } = seat;
    const { sinceWallMs } = seat;
    const sql = `INSERT INTO seats AS old VALUES ($1, $2, $3, $4, $5, $6, $7, $8, ${askedAt(9)}, ${askedAt(9)}, $10)
      ON CONFLICT (guild_id) DO UPDATE SET channel_id = excluded.channel_id,
        channel_name = excluded.channel_name, mode = excluded.mode, pipeline = excluded.pipeline,
        transcript_id = excluded.transcript_id, is_paused = excluded.is_paused,
        since_ms = excluded.since_ms, alive_at = excluded.alive_at, ${writtenToo}
      WHERE ${isNewer(9, 'old.')}`;
    const values = [guildId, channelId, channelName, mode, pipeline, transcriptId ?? null];
    await this.#database.write([serverLane('seats', guildId)], async (connection, ageMs) => {
      const all = [...values, isPaused ? 1 : 0, sinceWallMs, ageMs, this.#database.writer];
      if ((await connection.run(sql, all)) === 0) return; // another process sits there since
      await writePeople(connection, seat);
    });
  }

  async alive(guildIds: readonly string[]): Promise<void> {
    const sql = `UPDATE seats SET alive_at = greatest(alive_at, ${askedAt(2)})
      WHERE guild_id IN (SELECT guild_id FROM seats WHERE guild_id = ANY ($1) ORDER BY guild_id FOR UPDATE)`;
    await this.#database.write([], (connection, ageMs) => connection.run(sql, [guildIds, ageMs]));
  }

  async erase(guildId: string): Promise<void> {
    const sql = `DELETE FROM seats WHERE guild_id = $1 AND ${isNewer(2)}`;
    await this.#database.write([serverLane('seats', guildId)], async (connection, ageMs) => {
      if ((await connection.run(sql, [guildId, ageMs, this.#database.writer])) > 0)
        await erasePeople(connection, guildId);
    });
  }

  async withdraw(guildId: string, personId: string): Promise<void> {
    const where = "guild_id = $1 AND person_id = $2 AND kind IN ('yes', 'no')";
    await this.#database.write([serverLane('seats', guildId)], (connection) =>
      connection.run(`DELETE FROM seat_consents WHERE ${where}`, [guildId, personId]),
    );
  }

  async expire(idleMs: number): Promise<number> {
    const old = `SELECT guild_id FROM seats WHERE alive_at <= ${askedAt(1)}`;
    return await this.#database.write([], (connection) =>
      connection.run(`DELETE FROM seat_consents WHERE guild_id IN (${old})`, [idleMs]),
    );
  }
}

async function writePeople(
  connection: SqlConnection,
  { guildId, callerId, followedId, agreedIds, deniedIds }: Seat,
): Promise<void> {
  await erasePeople(connection, guildId);
  const rows = [
    ...(callerId === undefined ? [] : [[guildId, callerId, 'caller']]),
    ...(followedId === undefined ? [] : [[guildId, followedId, 'followed']]),
    ...agreedIds.map((personId) => [guildId, personId, 'yes']),
    ...deniedIds.map((personId) => [guildId, personId, 'no']),
  ];
  const columns = ['guild_id text', 'person_id text', 'kind text'];
  await insertRows(connection, 'seat_consents', columns, rows, 'ON CONFLICT DO NOTHING');
}

async function erasePeople(connection: SqlConnection, guildId: string): Promise<void> {
  await connection.run('DELETE FROM seat_consents WHERE guild_id = $1', [guildId]);
}

function storedSeat(row: SqlRow, people: readonly SqlRow[]): StoredSeat {
  return seatOf(row, people, Math.max(0, Number(row.idle_ms)));
}
