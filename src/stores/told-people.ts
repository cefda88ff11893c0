import sql from 'sql-template-tag';
import type { GuildId } from '#src/base/ids.ts';
import type { ToldPeopleStore, ToldPerson } from '#src/people/consent.ts';
import {
  type ColumnsOf,
  channelId,
  guildId,
  instant,
  personId,
  text,
} from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  findRows,
  putRows,
  removeRows,
  type Table,
} from '#src/sql/table.ts';

type ToldRow = ToldPerson & { readonly guildId: GuildId };

const toldPeople: Table<ColumnsOf<ToldRow>> = defineTable(
  'told_people',
  { guildId, channelId, personId, rules: text, fromWallMs: instant },
  {
    key: ['guildId', 'channelId', 'personId'],
    person: ['personId'],
    server: 'delete',
    // People are told anew, since the restore may change the rules.
    restored: 'none',
  },
);

export const toldPeoplePart: StorePart<ToldPeopleStore> = {
  tables: [toldPeople],
  open: (database) => ({
    read: (guildId) => findRows(database, toldPeople, { guildId }),
    write: (guildId, people) =>
      putRows(
        database,
        toldPeople,
        people.map((person) => ({ guildId, ...person })),
      ),
    async erase(guildId, channelId, personId) {
      await removeRows(database, toldPeople, { guildId, channelId, personId });
    },
    async eraseOtherRules(guildId, rules) {
      const statement = sql`DELETE FROM told_people WHERE guild_id = ${guildId} AND rules <> ${rules}`;
      await database.write((connection) => connection.run(statement));
    },
  }),
};
