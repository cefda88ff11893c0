import sql, { join, type Sql } from 'sql-template-tag';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import {
  channelId,
  guildId,
  id,
  instant,
  integer,
  personId,
  type RowOf,
  text,
  toOptional,
  yes,
} from '#src/sql/columns.ts';
import { selectPersonRows } from '#src/sql/person-rows.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  deleteRows,
  isOfShard,
  removeRows,
  selectRows,
} from '#src/sql/table.ts';

/** A reminder for an instant, or a message told at the arrival of another person. */
export type Reminder = {
  readonly id: string;
  /** Smallest free number of the person, from 1. */
  readonly number: number;
  readonly guildId: GuildId;
  readonly personId: PersonId;
  readonly channelId: ChannelId;
  readonly channelName: string;
  /** Empty for a timer. */
  readonly text: string;
  readonly setAtWallMs: number;
  /** A message is due at the arrival, or at the end of the wait. */
  readonly dueAtWallMs: number;
  /** Absent in a reminder. */
  readonly message?: ReminderMessage;
};

export type ReminderMessage = {
  readonly addresseeId: PersonId;
  readonly addresseeName: string;
  readonly authorName: string;
  /** Told by direct message alone. */
  readonly isPrivate?: true;
};

export function getRecipientId({ message, personId }: Reminder): PersonId {
  return message?.addresseeId ?? personId;
}

export type NewReminder = Omit<Reminder, 'number'>;

export const maxReminders = 20;
export const maxReminderChars = 200;
export const maxReminderMs = 366 * 86_400_000;
export const maxMessageMs = 30 * 86_400_000;

const remindersTable = defineTable(
  'reminders',
  {
    id,
    guildId,
    personId,
    number: integer,
    channelId,
    channelName: text,
    text,
    setAtWallMs: instant,
    dueAtWallMs: instant,
    addresseeId: toOptional(personId),
    addresseeName: toOptional(text),
    authorName: toOptional(text),
    isPrivate: toOptional(yes),
  },
  {
    key: ['id'],
    unique: ['(guild_id, person_id, number)'],
    indexes: {
      reminders_by_time: '(due_at_wall_ms)',
      reminders_by_addressee: '(guild_id, addressee_id)',
    },
    person: ['personId', 'addresseeId'],
    server: 'delete',
  },
);

/**
 * Writes fail at once while the database is away. Throws BotError `store.*`. Lists are soonest
 * first.
 */
export type ReminderStore = ReturnType<typeof openReminderStore>;

type AddedReminder =
  | { readonly kind: 'added'; readonly number: number }
  | { readonly kind: 'full'; readonly limit: number };

function openReminderStore(database: StoreDatabase) {
  function readReminders(rest: Sql): Promise<readonly Reminder[]> {
    return database.read(async (connection) =>
      (await selectRows(connection, remindersTable, rest)).map(toReminder),
    );
  }

  return {
    add({ message, ...reminder }: NewReminder): Promise<AddedReminder> {
      const { guildId, personId } = reminder;
      return database.write(async (connection) => {
        const theirs = await connection.rows(
          { number: integer },
          sql`SELECT number FROM reminders WHERE guild_id = ${guildId} AND person_id = ${personId}`,
        );
        const taken = new Set(theirs.map(({ number }) => number));
        let number = 1;
        while (taken.has(number)) number++;
        if (number > maxReminders) return { kind: 'full', limit: maxReminders };
        await connection.insert(remindersTable, [{ ...reminder, ...message, number }]);
        return { kind: 'added', number };
      });
    },

    list(guildId: GuildId, personId: PersonId): Promise<readonly Reminder[]> {
      return readReminders(
        sql`WHERE guild_id = ${guildId} AND person_id = ${personId} ORDER BY due_at_wall_ms, number`,
      );
    },

    listSoonest(shard: ServerShare, limit: number): Promise<readonly Reminder[]> {
      return readReminders(
        sql`WHERE ${isOfShard(shard)} ORDER BY due_at_wall_ms, id LIMIT ${limit}`,
      );
    },

    async remove(id: string): Promise<boolean> {
      return (await removeRows(database, remindersTable, { id })) > 0;
    },

    makeArrivedDue(
      guildId: GuildId,
      personIds: readonly PersonId[],
      atWallMs: number,
    ): Promise<number> {
      return database.write((connection) =>
        connection.run(sql`UPDATE reminders SET due_at_wall_ms = ${atWallMs}
          WHERE guild_id = ${guildId} AND addressee_id IN (${join(personIds)}) AND due_at_wall_ms > ${atWallMs}`),
      );
    },

    removeMessages(guildId: GuildId, personId: PersonId): Promise<number> {
      const theirs = selectPersonRows([remindersTable], guildId, personId).map(
        ({ rows }) => rows,
      );
      return database.write((connection) => deleteRows(connection, theirs));
    },
  };
}

function toReminder({
  addresseeId,
  addresseeName = '',
  authorName = '',
  isPrivate,
  ...reminder
}: RowOf<typeof remindersTable.columns>): Reminder {
  if (addresseeId === undefined) return reminder;
  return {
    ...reminder,
    message: { addresseeId, addresseeName, authorName, isPrivate },
  };
}

export const reminderPart: StorePart<ReminderStore> = {
  tables: [remindersTable],
  open: openReminderStore,
};
