import sql, { join } from 'sql-template-tag';
import type { ServerShare } from '#src/people/server-share.ts';
import {
  channelId,
  guildId,
  id,
  instant,
  integer,
  personId,
  text,
  toOptional,
  yes,
} from '#src/sql/columns.ts';
import { selectPersonRows } from '#src/sql/person-rows.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, deleteRows, isOfShard, selectRows } from '#src/sql/table.ts';
import { removeRows } from '#src/sql/table-rows.ts';

/** A person's reminder for an instant, or their message to another person, told at that person's arrival. */
export type Reminder = {
  /** Never the same again. */
  readonly id: string;
  /** Number by which its person names it: 1 to `maxReminders`, the smallest that was free. */
  readonly number: number;
  readonly guildId: GuildId;
  readonly personId: PersonId;
  /** Voice channel where it was asked for, and is written. */
  readonly channelId: ChannelId;
  readonly channelName: string;
  /** Subject in the words of the person; empty for a timer. */
  readonly text: string;
  readonly setAtWallMs: number;
  /** Of a message: the arrival, and until then the end of the wait. */
  readonly dueAtWallMs: number;
  /** Addressee of a message, and both names; absent in a reminder. */
  readonly addresseeId?: PersonId;
  readonly addresseeName?: string;
  readonly authorName?: string;
  /** The message is told by direct message alone. */
  readonly isPrivate?: true;
};

export type NewReminder = Omit<Reminder, 'number'>;

/** Reminders that one person may have in one server. */
export const maxReminders = 20;
/** Longest text of a reminder, in characters. */
export const maxReminderChars = 200;
/** Longest time until a reminder, in ms: a year. */
export const maxReminderMs = 366 * 86_400_000;
/** Longest wait of a message for its addressee, in ms. */
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

/** Reminders, a row each until it was delivered. No write waits while the database is away: the caller learns of the failure at once. */
export type ReminderStore = ReturnType<typeof openReminderStore>;

/** `full`: this person has as many there as may be. */
type AddedReminder =
  | { readonly kind: 'added'; readonly number: number }
  | { readonly kind: 'full'; readonly limit: number };

function openReminderStore(database: StoreDatabase) {
  return {
    /** Errors: BotError `store.unwritable`. */
    add(reminder: NewReminder): Promise<AddedReminder> {
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
        await connection.insert(remindersTable, [{ ...reminder, number }]);
        return { kind: 'added', number };
      });
    },

    /** Reminders of one person in one server, the soonest first. Errors: BotError `store.unreadable`. */
    list(guildId: GuildId, personId: PersonId): Promise<readonly Reminder[]> {
      const theirs = sql`WHERE guild_id = ${guildId} AND person_id = ${personId} ORDER BY due_at_wall_ms, number`;
      return database.read((connection) => selectRows(connection, remindersTable, theirs));
    },

    /** Reminders of all servers of a shard, at most so many, the soonest first. Errors: BotError `store.unreadable`. */
    listSoonest(shard: ServerShare, limit: number): Promise<readonly Reminder[]> {
      const first = sql`WHERE ${isOfShard(shard)} ORDER BY due_at_wall_ms, id LIMIT ${limit}`;
      return database.read((connection) => selectRows(connection, remindersTable, first));
    },

    /** False: it no longer exists. Errors: BotError `store.unwritable`. */
    async remove(id: string): Promise<boolean> {
      return (await removeRows(database, remindersTable, { id })) > 0;
    },

    /** Messages for these people are due. Errors: BotError `store.unwritable`. */
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

    /** Deletes those by and for one person in one server; how many. Errors: BotError `store.unwritable`. */
    removeMessages(guildId: GuildId, personId: PersonId): Promise<number> {
      const theirs = selectPersonRows([remindersTable], guildId, personId).map(({ rows }) => rows);
      return database.write((connection) => deleteRows(connection, theirs));
    },
  };
}

export const reminderPart: StorePart<ReminderStore> = {
  tables: [remindersTable],
  open: openReminderStore,
};
