import type { LeftOutPeopleStore } from '#src/people/consent.ts';
import { guildId, personId } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, putRows, removeRows } from '#src/sql/table.ts';

const leftOutOfCaptions = defineTable(
  'left_out_of_captions',
  { guildId, personId },
  {
    key: ['guildId', 'personId'],
    person: ['personId'],
    server: 'delete',
    restored: 'none',
    kept: { condition: 'true' },
  },
);

export const leftOutPeoplePart: StorePart<LeftOutPeopleStore> = {
  tables: [leftOutOfCaptions],
  open: (database) => ({
    async read(guildId) {
      const rows = await findRows(database, leftOutOfCaptions, { guildId });
      return new Map(rows.map(({ personId }) => [personId, true]));
    },
    async write(guildId, personId, isLeftOut) {
      const row = { guildId, personId };
      if (isLeftOut) await putRows(database, leftOutOfCaptions, [row]);
      else await removeRows(database, leftOutOfCaptions, row);
    },
  }),
};
