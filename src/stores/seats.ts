import sql from 'sql-template-tag';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Seat, SeatStore, StoredSeat } from '#src/ports/stores.ts';
import {
  channelId,
  choice,
  flag,
  guildId,
  instant,
  personId,
  type RowOf,
  text,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { selectServerRows } from '#src/sql/person-rows.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  deleteRows,
  selectRows,
  toColumnList,
  toReplaceClause,
} from '#src/sql/table.ts';

const seatColumns = {
  guildId,
  channelId,
  channelName: text,
  mode: choice('talk', 'captions'),
  pipeline: text,
  isPaused: flag,
  sinceWallMs: instant,
};

const seats = defineTable(
  'seats',
  { ...seatColumns, aliveAtMs: instant },
  {
    key: ['guildId'],
    person: [],
    server: 'delete',
    restored: 'all',
  },
);

const seatConsents = defineTable(
  'seat_consents',
  { guildId, personId, kind: choice('caller', 'followed', 'yes') },
  {
    key: ['guildId', 'personId', 'kind'],
    person: ['personId'],
    server: 'delete',
    // A yes does not come back.
    restored: 'none',
  },
);

type SeatConsent = RowOf<typeof seatConsents.columns>;

export const seatPart: StorePart<SeatStore> = {
  tables: [seats, seatConsents],
  open: (database) => new SqlSeatStore(database),
};

/** Seats in a table, with the people who agreed there in another. */
class SqlSeatStore implements SeatStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Lists seats of servers, with the time since they were alive. */
  read(guildIds: readonly GuildId[]): Promise<readonly StoredSeat[]> {
    return this.#database.read(async (connection) => {
      const ofGuilds = sql`WHERE guild_id ${connection.among(guildIds)}`;
      const rows = await connection.rows(
        { ...seatColumns, idleMs: instant },
        sql`SELECT ${toColumnList(seatColumns)}, ${connection.now} - alive_at_ms AS idle_ms
            FROM seats ${ofGuilds} ORDER BY guild_id`,
      );
      const consents = await selectRows(
        connection,
        seatConsents,
        sql`${ofGuilds} ORDER BY person_id`,
      );
      const byGuild = Map.groupBy(consents, ({ guildId }) => guildId);
      return rows.map((row) => toStoredSeat(row, byGuild.get(row.guildId) ?? []));
    });
  }

  /** Stores a seat as alive now, and its people in place of the former ones. */
  async write({ callerId, followedId, agreedIds, ...seat }: Seat): Promise<void> {
    const { guildId } = seat;
    const consents = [
      ...toConsentRows(guildId, 'caller', [callerId]),
      ...toConsentRows(guildId, 'followed', [followedId]),
      ...toConsentRows(guildId, 'yes', agreedIds),
    ];
    await this.#database.write(async (connection) => {
      await connection.insert(
        seats,
        [{ ...seat, aliveAtMs: 0 }],
        toReplaceClause(seats),
      );
      await connection.run(updateAliveAt(connection, [guildId]));
      await deleteRows(connection, selectServerRows([seatConsents], guildId));
      await connection.insert(seatConsents, consents, sql`ON CONFLICT DO NOTHING`);
    });
  }

  /** Marks seats as alive now, by the clock of the database. */
  async markAlive(guildIds: readonly GuildId[]): Promise<void> {
    await this.#database.write((connection) =>
      connection.run(updateAliveAt(connection, guildIds)),
    );
  }

  /** Erases the seat of a server with its people. */
  async eraseSeat(guildId: GuildId): Promise<void> {
    await this.#database.write((connection) =>
      deleteRows(connection, selectServerRows([seats, seatConsents], guildId)),
    );
  }

  /** Deletes people of seats that were not alive for `idleMs`. Returns the number of rows. */
  expireSeats(idleMs: number): Promise<number> {
    return this.#database.write((connection) => {
      const expired = sql`SELECT guild_id FROM seats WHERE alive_at_ms <= ${connection.now} - ${idleMs}`;
      return connection.run(
        sql`DELETE FROM seat_consents WHERE guild_id IN (${expired})`,
      );
    });
  }
}

function toConsentRows(
  guildId: GuildId,
  kind: SeatConsent['kind'],
  personIds: readonly (PersonId | undefined)[],
): readonly SeatConsent[] {
  return personIds
    .filter((personId) => personId !== undefined)
    .map((personId) => ({ guildId, personId, kind }));
}

function updateAliveAt(connection: Connection, guildIds: readonly GuildId[]) {
  return sql`UPDATE seats SET alive_at_ms = ${connection.now} WHERE guild_id ${connection.among(guildIds)}`;
}

function toStoredSeat(
  { idleMs, ...seat }: RowOf<typeof seatColumns> & { readonly idleMs: number },
  consents: readonly SeatConsent[],
) {
  const listIds = (consentKind: SeatConsent['kind']) =>
    consents.filter(({ kind }) => kind === consentKind).map(({ personId }) => personId);
  const [[callerId], [followedId]] = [listIds('caller'), listIds('followed')];
  return {
    seat: { ...seat, callerId, followedId, agreedIds: listIds('yes') },
    idleMs: Math.max(0, idleMs),
  };
}
