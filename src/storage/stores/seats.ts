import sql, { type Sql } from 'sql-template-tag';
import type { SeatStore, StoredSeat } from '#src/ports/stores/seat-store.ts';
import {
  channelId,
  flag,
  guildId,
  instant,
  oneOf,
  personId,
  type RowOf,
  text,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { serverRows } from '#src/sql/person-rows.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, deleteRows, replacing, select, table } from '#src/sql/table.ts';

const seatColumns = {
  guildId,
  channelId,
  channelName: text,
  mode: oneOf('talk', 'captions'),
  pipeline: text,
  isPaused: flag,
  sinceWallMs: instant,
};

const seats = table(
  'seats',
  { ...seatColumns, aliveAtMs: instant },
  {
    key: ['guildId'],
    person: [],
    server: 'delete',
  },
);

const seatConsents = table(
  'seat_consents',
  { guildId, personId, kind: oneOf('caller', 'followed', 'yes') },
  {
    key: ['guildId', 'personId', 'kind'],
    person: ['personId'],
    server: 'delete',
  },
);

type SeatConsent = RowOf<typeof seatConsents.columns>;

/** Seats, a row per server, and one for each thing a person said there or did; by the clock of the database. */
export const seatPart: StorePart<SeatStore> = {
  tables: [seats, seatConsents],
  open: (database) => ({
    read(guildIds) {
      return database.read(async (connection) => {
        const here = sql`WHERE guild_id ${connection.among(guildIds)}`;
        const rows = await connection.rows(
          { ...seatColumns, idleMs: instant },
          sql`SELECT ${columnList(seatColumns)}, ${connection.now} - alive_at_ms AS idle_ms
            FROM seats ${here} ORDER BY guild_id`,
        );
        const consents = await select(connection, seatConsents, sql`${here} ORDER BY person_id`);
        const byGuild = Map.groupBy(consents, ({ guildId }) => guildId);
        return rows.map((row) => storedSeat(row, byGuild.get(row.guildId) ?? []));
      });
    },

    async write({ callerId, followedId, agreedIds, ...seat }) {
      const { guildId } = seat;
      const rows = (kind: SeatConsent['kind'], ids: readonly (string | undefined)[]) =>
        ids
          .filter((personId) => personId !== undefined)
          .map((personId) => ({ guildId, personId, kind }));
      const consents = [
        ...rows('caller', [callerId]),
        ...rows('followed', [followedId]),
        ...rows('yes', agreedIds),
      ];
      await database.write(async (connection) => {
        await connection.insert(seats, [{ ...seat, aliveAtMs: 0 }], replacing(seats));
        await connection.run(aliveNow(connection, [guildId]));
        await deleteRows(connection, serverRows([seatConsents], guildId));
        await connection.insert(seatConsents, consents, sql`ON CONFLICT DO NOTHING`);
      });
    },

    async alive(guildIds) {
      await database.write((connection) => connection.run(aliveNow(connection, guildIds)));
    },

    async erase(guildId) {
      await database.write((connection) =>
        deleteRows(connection, serverRows([seats, seatConsents], guildId)),
      );
    },

    expire(idleMs) {
      return database.write((connection) => {
        const old = sql`SELECT guild_id FROM seats WHERE alive_at_ms <= ${connection.now} - ${idleMs}`;
        return connection.run(sql`DELETE FROM seat_consents WHERE guild_id IN (${old})`);
      });
    },
  }),
};

/** SQL of the sign of life of these servers' seats. */
function aliveNow(connection: Connection, guildIds: readonly GuildId[]): Sql {
  return sql`UPDATE seats SET alive_at_ms = ${connection.now} WHERE guild_id ${connection.among(guildIds)}`;
}

function storedSeat(
  row: RowOf<typeof seatColumns> & { readonly idleMs: number },
  consents: readonly SeatConsent[],
): StoredSeat {
  const idsOf = (of: SeatConsent['kind']) =>
    consents.filter(({ kind }) => kind === of).map(({ personId }) => personId);
  const [[callerId], [followedId]] = [idsOf('caller'), idsOf('followed')];
  const idleMs = Math.max(0, row.idleMs);
  return { ...row, callerId, followedId, agreedIds: idsOf('yes'), idleMs };
}
