import sql from 'sql-template-tag';
import type { GuildId } from '#src/base/ids.ts';
import type { SeatStore } from '#src/ports/stores.ts';
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
  },
);

const seatConsents = defineTable(
  'seat_consents',
  { guildId, personId, kind: choice('caller', 'followed', 'yes') },
  {
    key: ['guildId', 'personId', 'kind'],
    person: ['personId'],
    server: 'delete',
  },
);

type SeatConsent = RowOf<typeof seatConsents.columns>;

export const seatPart: StorePart<SeatStore> = {
  tables: [seats, seatConsents],
  open: (database) => ({
    read(guildIds) {
      return database.read(async (connection) => {
        const here = sql`WHERE guild_id ${connection.among(guildIds)}`;
        const rows = await connection.rows(
          { ...seatColumns, idleMs: instant },
          sql`SELECT ${toColumnList(seatColumns)}, ${connection.now} - alive_at_ms AS idle_ms
            FROM seats ${here} ORDER BY guild_id`,
        );
        const consents = await selectRows(
          connection,
          seatConsents,
          sql`${here} ORDER BY person_id`,
        );
        const byGuild = Map.groupBy(consents, ({ guildId }) => guildId);
        return rows.map((row) => toStoredSeat(row, byGuild.get(row.guildId) ?? []));
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
        await connection.insert(
          seats,
          [{ ...seat, aliveAtMs: 0 }],
          toReplaceClause(seats),
        );
        await connection.run(updateAliveAt(connection, [guildId]));
        await deleteRows(connection, selectServerRows([seatConsents], guildId));
        await connection.insert(seatConsents, consents, sql`ON CONFLICT DO NOTHING`);
      });
    },

    async markAlive(guildIds) {
      await database.write((connection) =>
        connection.run(updateAliveAt(connection, guildIds)),
      );
    },

    async eraseSeat(guildId) {
      await database.write((connection) =>
        deleteRows(connection, selectServerRows([seats, seatConsents], guildId)),
      );
    },

    expireSeats(idleMs) {
      return database.write((connection) => {
        const old = sql`SELECT guild_id FROM seats WHERE alive_at_ms <= ${connection.now} - ${idleMs}`;
        return connection.run(
          sql`DELETE FROM seat_consents WHERE guild_id IN (${old})`,
        );
      });
    },
  }),
};

function updateAliveAt(connection: Connection, guildIds: readonly GuildId[]) {
  return sql`UPDATE seats SET alive_at_ms = ${connection.now} WHERE guild_id ${connection.among(guildIds)}`;
}

function toStoredSeat(
  { idleMs, ...place }: RowOf<typeof seatColumns> & { readonly idleMs: number },
  consents: readonly SeatConsent[],
) {
  const listIds = (of: SeatConsent['kind']) =>
    consents.filter(({ kind }) => kind === of).map(({ personId }) => personId);
  const [[callerId], [followedId]] = [listIds('caller'), listIds('followed')];
  return {
    seat: { ...place, callerId, followedId, agreedIds: listIds('yes') },
    idleMs: Math.max(0, idleMs),
  };
}
