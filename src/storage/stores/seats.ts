import sql, { empty, type Sql } from 'sql-template-tag';
import type { SeatStore, StoredSeat } from '#src/ports/stores/seat-store.ts';
import { flag, id, instant, oneOf, type RowOf, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { columnList, replacing, select, table } from '#src/sql/table.ts';

const seatColumns = {
  guildId: id,
  channelId: id,
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
    person: { forget: 'nothing' },
    server: { forget: 'delete' },
  },
);

const seatConsents = table(
  'seat_consents',
  { guildId: id, personId: id, kind: oneOf('caller', 'followed', 'yes') },
  {
    key: ['guildId', 'personId', 'kind'],
    person: { forget: 'delete', columns: ['personId'] },
    server: { forget: 'delete' },
  },
);

type SeatConsent = RowOf<typeof seatConsents.columns>;

/** Seats, a row per server, and one for each thing a person said there or did; by the clock of the database. */
export const seatPart: StorePart<SeatStore> = {
  tables: [seats, seatConsents],
  open: (database) => ({
    read() {
      return database.read((connection) => storedSeats(connection, empty));
    },

    async readIn(guildId) {
      const here = sql`WHERE guild_id = ${guildId}`;
      const [seat] = await database.read((connection) => storedSeats(connection, here));
      return seat;
    },

    async write({ callerId, followedId, agreedIds, ...seat }) {
      const { guildId } = seat;
      const consents = [
        ...consentsOf(guildId, 'caller', [callerId]),
        ...consentsOf(guildId, 'followed', [followedId]),
        ...consentsOf(guildId, 'yes', agreedIds),
      ];
      await database.write(async (connection) => {
        await connection.insert(seats, [{ ...seat, aliveAtMs: 0 }], replacing(seats));
        await connection.run(aliveNow(connection, [guildId]));
        await eraseConsents(connection, guildId);
        await connection.insert(seatConsents, consents, sql`ON CONFLICT DO NOTHING`);
      });
    },

    async alive(guildIds) {
      await database.write((connection) => connection.run(aliveNow(connection, guildIds)));
    },

    async erase(guildId) {
      await database.write(async (connection) => {
        await connection.run(sql`DELETE FROM seats WHERE guild_id = ${guildId}`);
        await eraseConsents(connection, guildId);
      });
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
function aliveNow(connection: Connection, guildIds: readonly string[]): Sql {
  return sql`UPDATE seats SET alive_at_ms = ${connection.now} WHERE guild_id ${connection.among(guildIds)}`;
}

function consentsOf(
  guildId: string,
  kind: SeatConsent['kind'],
  personIds: readonly (string | undefined)[],
): readonly SeatConsent[] {
  return personIds
    .filter((personId) => personId !== undefined)
    .map((personId) => ({ guildId, personId, kind }));
}

/** Seats by server id, of all servers or those of a condition. */
async function storedSeats(connection: Connection, where: Sql): Promise<readonly StoredSeat[]> {
  const rows = await connection.rows(
    { ...seatColumns, idleMs: instant },
    sql`SELECT ${columnList(seatColumns)}, ${connection.now} - alive_at_ms AS idle_ms
      FROM seats ${where} ORDER BY guild_id`,
  );
  const consents = await select(connection, seatConsents, sql`${where} ORDER BY person_id`);
  const byGuild = Map.groupBy(consents, ({ guildId }) => guildId);
  return rows.map((row) => storedSeat(row, byGuild.get(row.guildId) ?? []));
}

function storedSeat(
  { idleMs, ...seat }: RowOf<typeof seatColumns> & { readonly idleMs: number },
  consents: readonly SeatConsent[],
): StoredSeat {
  const idsOf = (of: SeatConsent['kind']) =>
    consents.filter(({ kind }) => kind === of).map(({ personId }) => personId);
  const [callerId] = idsOf('caller');
  const [followedId] = idsOf('followed');
  return {
    ...seat,
    callerId,
    followedId,
    agreedIds: idsOf('yes'),
    idleMs: Math.max(0, idleMs),
  };
}

async function eraseConsents(connection: Connection, guildId: string): Promise<void> {
  await connection.run(sql`DELETE FROM seat_consents WHERE guild_id = ${guildId}`);
}
