import sql, { join, type Sql } from 'sql-template-tag';
import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
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
import type { Connection } from '#src/sql/connection.ts';
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
  /** UUID. */
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

/** Addressee and author of a message, which is told when the addressee arrives. */
export type ReminderMessage = {
  readonly addresseeId: PersonId;
  readonly addresseeName: string;
  readonly authorName: string;
  /** Told by direct message alone. */
  readonly isPrivate?: true;
};

/** Returns the addressee of a message, or the person who set a reminder. */
export function getRecipientId({ message, personId }: Reminder): PersonId {
  return message?.addresseeId ?? personId;
}

/** A reminder that the store has not numbered yet. */
export type NewReminder = Omit<Reminder, 'number'>;

/** Most reminders of one person in a server. */
export const maxReminders = 20;
export const maxReminderChars = 200;
/** Longest time until a reminder: 366 days. */
export const maxReminderMs: number = 366 * 86_400_000;
/** A message waits this long for the arrival of its addressee. */
export const maxMessageMs: number = 30 * 86_400_000;

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
    restored: 'all',
  },
);

/** Outcome of storing a reminder. `full` means the person has the most allowed reminders. */
export type AddedReminder =
  | { readonly kind: 'added'; readonly number: number }
  | { readonly kind: 'full'; readonly limit: number };

/**
 * Keeps reminders until they are due. Lists are soonest first. Throws BotError `store.*`, for a write at once while
 * the database is away.
 */
export interface ReminderStore {
  /** Stores a reminder under the smallest free number of its person. */
  add(reminder: NewReminder): Promise<AddedReminder>;
  /** Lists the reminders that a person set in a server. */
  list(guildId: GuildId, personId: PersonId): Promise<readonly Reminder[]>;
  /** Lists up to `limit` reminders of all servers of a shard. */
  listSoonest(shard: ServerShare, limit: number): Promise<readonly Reminder[]>;
  /** Removes a reminder. False if it is not stored. */
  remove(id: string): Promise<boolean>;
  /** Makes messages for people who came due at `atWallMs`. Returns the number of messages changed. */
  makeArrivedDue(
    guildId: GuildId,
    personIds: readonly PersonId[],
    atWallMs: number,
  ): Promise<number>;
  /** Removes reminders and messages by or for a person. Returns the number removed. */
  removePersonReminders(erasure: AdmittedErasure<PersonErasure>): Promise<number>;
}

function openReminderStore(database: StoreDatabase): ReminderStore {
  function readReminders(conditions: Sql): Promise<readonly Reminder[]> {
    return database.read(async (connection) =>
      (await selectRows(connection, remindersTable, conditions)).map(toReminder),
    );
  }

  return {
    add: (reminder) =>
      database.write((connection) => insertReminder(connection, reminder)),

    list: (guildId, personId) =>
      readReminders(
        sql`WHERE guild_id = ${guildId} AND person_id = ${personId} ORDER BY due_at_wall_ms, number`,
      ),

    listSoonest: (shard, limit) =>
      readReminders(
        sql`WHERE ${isOfShard(shard)} ORDER BY due_at_wall_ms, id LIMIT ${limit}`,
      ),

    async remove(id) {
      return (await removeRows(database, remindersTable, { id })) > 0;
    },

    makeArrivedDue: (guildId, personIds, atWallMs) =>
      database.write((connection) =>
        connection.run(sql`UPDATE reminders SET due_at_wall_ms = ${atWallMs}
          WHERE guild_id = ${guildId} AND addressee_id IN (${join(personIds)}) AND due_at_wall_ms > ${atWallMs}`),
      ),

    async removePersonReminders(erasure) {
      const { guildId, personId } = erasure;
      const rows = selectPersonRows([remindersTable], guildId, personId).map(
        (selection) => selection.rows,
      );
      const removed = await database.erase(erasure, (connection) =>
        deleteRows(connection, rows),
      );
      await database.overwriteErased('unused bytes');
      return removed;
    },
  };
}

async function insertReminder(
  connection: Connection,
  { message, ...reminder }: NewReminder,
): Promise<AddedReminder> {
  const { guildId, personId } = reminder;
  const numberRows = await connection.rows(
    { number: integer },
    sql`SELECT number FROM reminders WHERE guild_id = ${guildId} AND person_id = ${personId}`,
  );
  const usedNumbers = new Set(numberRows.map(({ number }) => number));
  let number = 1;
  while (usedNumbers.has(number)) number++;
  if (number > maxReminders) return { kind: 'full', limit: maxReminders };
  await connection.insert(remindersTable, [{ ...reminder, ...message, number }]);
  return { kind: 'added', number };
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

/** The store of reminders. */
export const reminderPart: StorePart<ReminderStore> = {
  tables: [remindersTable],
  open: openReminderStore,
};
