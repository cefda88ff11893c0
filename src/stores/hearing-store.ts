import sql, { join, type Sql } from 'sql-template-tag';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import {
  channelId,
  guildId,
  id,
  instant,
  personId,
  type RowOf,
  text,
} from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, deleteRows, selectRows } from '#src/sql/table.ts';

/** A span in which one person was heard in a channel. It holds no words. */
export type HeardSpan = {
  /** UUID. */
  readonly id: string;
  readonly guildId: GuildId;
  readonly personId: PersonId;
  readonly channelId: ChannelId;
  readonly fromWallMs: number;
  /** End, or the latest time at which the person was still heard. */
  readonly toWallMs: number;
  /** `yes` is the person's own, `called` that of a caller for the session, `notice` and `role` are the policy. */
  readonly rule: string;
};

/** Time for which hearings are kept. */
export const maxHearingAgeMs: number = 30 * 86_400_000;

const hearingsTable = defineTable(
  'hearings',
  {
    id,
    guildId,
    personId,
    channelId,
    fromWallMs: instant,
    toWallMs: instant,
    rule: text,
  },
  {
    key: ['id'],
    restored: 'none',
    indexes: {
      hearings_by_server: '(guild_id, from_wall_ms)',
      hearings_by_end: '(to_wall_ms)',
    },
    person: ['personId'],
    server: 'delete',
  },
);

/** Hearings that began, and later ends of stored ones. */
export type HearingChanges = {
  readonly begun: readonly HeardSpan[];
  readonly extended: readonly Pick<HeardSpan, 'id' | 'toWallMs'>[];
};

/** Keeps who was heard when. Throws BotError `store.*`. */
export interface HearingStore {
  /** Stores changes at once. A row that was erased meanwhile does not come back by a later end. */
  write(changes: HearingChanges): Promise<void>;
  /** Lists up to `limit` hearings of a server, or of one person there, newest first. */
  list(
    guildId: GuildId,
    filter: { readonly personId?: PersonId | undefined; readonly sinceWallMs: number },
    limit: number,
  ): Promise<readonly HeardSpan[]>;
  /** Deletes hearings that ended before `wallMs`. Returns the number deleted. */
  expire(wallMs: number): Promise<number>;
}

function openHearingStore(database: StoreDatabase): HearingStore {
  return {
    write: ({ begun, extended }) =>
      database.write(async (connection) => {
        if (begun.length > 0) await connection.insert(hearingsTable, begun);
        for (const statement of toUpdates(extended)) await connection.run(statement);
      }),

    list: (guildId, { personId, sinceWallMs }, limit) =>
      database.read((connection) => {
        const ofPerson =
          personId === undefined ? sql`` : sql`AND person_id = ${personId}`;
        const clauses = sql`WHERE guild_id = ${guildId} AND to_wall_ms >= ${sinceWallMs} ${ofPerson}
          ORDER BY from_wall_ms DESC, id LIMIT ${limit}`;
        return selectRows(connection, hearingsTable, clauses) as Promise<
          readonly RowOf<typeof hearingsTable.columns>[]
        >;
      }),

    expire: (wallMs) =>
      database.write((connection) =>
        deleteRows(connection, [sql`hearings WHERE to_wall_ms < ${wallMs}`]),
      ),
  };
}

/** Builds one statement for each end, which people of a session share. */
function toUpdates(extended: HearingChanges['extended']): readonly Sql[] {
  return [...Map.groupBy(extended, ({ toWallMs }) => toWallMs)].map(
    ([toWallMs, rows]) =>
      sql`UPDATE hearings SET to_wall_ms = ${toWallMs} WHERE id IN (${join(rows.map((row) => row.id))})`,
  );
}

/** The store of hearings. */
export const hearingPart: StorePart<HearingStore> = {
  tables: [hearingsTable],
  open: openHearingStore,
};
