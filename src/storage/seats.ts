import type { Clock } from '#src/base/clock.ts';
import type { Seat, SeatStore, StoredSeat } from '#src/session/ports/stores/seat-store.ts';
import type { Database } from './database.ts';
import type { DatabaseSync } from './sqlite.ts';

type SeatRow = Readonly<Record<string, unknown>>;

/** Seats in SQLite, one row per server, and one for each thing a person said there or did. */
export class SqliteSeats implements SeatStore {
  readonly #database: Database;
  readonly #clock: Pick<Clock, 'wallMs'>;

  constructor(database: Database, clock: Pick<Clock, 'wallMs'>) {
    this.#database = database;
    this.#clock = clock;
  }

  async read(): Promise<readonly StoredSeat[]> {
    const wallMs = this.#clock.wallMs();
    return await this.#database.readSync((sqlite) => {
      const seats = sqlite.prepare('SELECT * FROM seats ORDER BY guild_id').all();
      const people = Map.groupBy(
        sqlite.prepare('SELECT * FROM seat_consents ORDER BY person_id').all(),
        ({ guild_id }) => String(guild_id),
      );
      return seats.map((row) =>
        seatOf(row, people.get(String(row.guild_id)) ?? [], idleMs(row, wallMs)),
      );
    });
  }

  async readIn(guildId: string): Promise<StoredSeat | undefined> {
    const wallMs = this.#clock.wallMs();
    return await this.#database.readSync((sqlite) => {
      const row = sqlite.prepare('SELECT * FROM seats WHERE guild_id = ?').get(guildId);
      const from = 'FROM seat_consents WHERE guild_id = ? ORDER BY person_id';
      const people = sqlite.prepare(`SELECT * ${from}`).all(guildId);
      return row && seatOf(row, people, idleMs(row, wallMs));
    });
  }

  async write(seat: Seat): Promise<void> {
    const { guildId, channelId, channelName, mode, pipeline, transcriptId, isPaused } = seat;
    const { callerId, followedId, agreedIds, deniedIds, sinceWallMs } = seat;
    const wallMs = this.#clock.wallMs();
    await this.#database.writeSync((sqlite) => {
      deletePeople(sqlite, guildId);
      const values = [guildId, channelId, channelName, mode, pipeline, transcriptId ?? null];
      sqlite
        .prepare('REPLACE INTO seats VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(...values, isPaused ? 1 : 0, sinceWallMs, wallMs);
      const insert = sqlite.prepare('INSERT OR IGNORE INTO seat_consents VALUES (?, ?, ?)');
      if (callerId !== undefined) insert.run(guildId, callerId, 'caller');
      if (followedId !== undefined) insert.run(guildId, followedId, 'followed');
      for (const personId of agreedIds) insert.run(guildId, personId, 'yes');
      for (const personId of deniedIds) insert.run(guildId, personId, 'no');
    });
  }

  async alive(guildIds: readonly string[]): Promise<void> {
    const wallMs = this.#clock.wallMs();
    await this.#database.writeSync((sqlite) => {
      const update = sqlite.prepare('UPDATE seats SET alive_ms = ? WHERE guild_id = ?');
      for (const guildId of guildIds) update.run(wallMs, guildId);
    });
  }

  async erase(guildId: string): Promise<void> {
    await this.#database.writeSync((sqlite) => {
      deletePeople(sqlite, guildId);
      sqlite.prepare('DELETE FROM seats WHERE guild_id = ?').run(guildId);
    });
  }

  async withdraw(guildId: string, personId: string): Promise<void> {
    const where = "guild_id = ? AND person_id = ? AND kind IN ('yes', 'no')";
    await this.#database.writeSync((sqlite) =>
      sqlite.prepare(`DELETE FROM seat_consents WHERE ${where}`).run(guildId, personId),
    );
  }

  async expire(idleMs: number): Promise<number> {
    const lastMs = this.#clock.wallMs() - idleMs;
    const old = 'SELECT guild_id FROM seats WHERE alive_ms <= ?';
    const deleted = await this.#database.writeSync((sqlite) =>
      sqlite.prepare(`DELETE FROM seat_consents WHERE guild_id IN (${old})`).run(lastMs),
    );
    return Number(deleted.changes);
  }
}

function deletePeople(sqlite: DatabaseSync, guildId: string): void {
  sqlite.prepare('DELETE FROM seat_consents WHERE guild_id = ?').run(guildId);
}

function idleMs({ alive_ms }: SeatRow, wallMs: number): number {
  return Math.max(0, wallMs - Number(alive_ms));
}

/** A seat of its row, with those of the people there. */
export function seatOf(row: SeatRow, people: readonly SeatRow[], idleMs: number): StoredSeat {
  const idsOf = (kind: string) =>
    people.filter((person) => person.kind === kind).map(({ person_id }) => String(person_id));
  const [callerId] = idsOf('caller');
  const [followedId] = idsOf('followed');
  const { transcript_id } = row;
  return {
    guildId: String(row.guild_id),
    channelId: String(row.channel_id),
    channelName: String(row.channel_name),
    ...(callerId !== undefined && { callerId }),
    ...(followedId !== undefined && { followedId }),
    mode: row.mode === 'captions' ? 'captions' : 'talk',
    pipeline: String(row.pipeline),
    ...(transcript_id !== null && { transcriptId: String(transcript_id) }),
    isPaused: row.is_paused === 1,
    sinceWallMs: Number(row.since_ms),
    agreedIds: idsOf('yes'),
    deniedIds: idsOf('no'),
    idleMs,
  };
}
