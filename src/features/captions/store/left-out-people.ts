import sql from 'sql-template-tag';
import type { LeftOutPeopleStore } from '#src/people/left-out-people.ts';
import { id } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { select, table } from '#src/sql/table.ts';

const leftOutOfCaptions = table(
  'left_out_of_captions',
  { guildId: id, personId: id },
  {
    key: ['guildId', 'personId'],
    person: { forget: 'delete', columns: ['personId'] },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** People left out of captions: a row per person and server. */
export const leftOutPeoplePart: StorePart<LeftOutPeopleStore> = {
  tables: [leftOutOfCaptions],
  open: (database) => ({
    async readLeftOut(guildId) {
      const rows = await database.read((connection) =>
        select(connection, leftOutOfCaptions, sql`WHERE guild_id = ${guildId}`),
      );
      return new Set(rows.map(({ personId }) => personId));
    },
    async leaveOut(guildId, personId, isLeftOut) {
      const conflict = sql`ON CONFLICT DO NOTHING`;
      const remove = sql`DELETE FROM left_out_of_captions
        WHERE guild_id = ${guildId} AND person_id = ${personId}`;
      await database.write((connection) =>
        isLeftOut
          ? connection.insert(leftOutOfCaptions, [{ guildId, personId }], { conflict })
          : connection.run(remove),
      );
    },
  }),
};
