import sql from 'sql-template-tag';
import type { AdmittedErasure, PartErasure } from '#src/base/erasures.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import {
  type ColumnsOf,
  channelId,
  choice,
  guildId,
  instant,
  integer,
  json,
  text,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { defineTable, selectRows, type Table } from '#src/sql/table.ts';

/** Kinds of points, in the order of a recap. */
export const noteKinds = ['decision', 'task', 'question', 'point'] as const;

/** A point of the recaps of a voice channel, which stays over sessions. */
export type Note = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  /** Unique in the channel, from 1. A number never returns while a later note stands. */
  readonly number: number;
  readonly kind: (typeof noteKinds)[number];
  readonly text: string;
  /** Name of the speaker, and after a correction also of its author. */
  readonly name: string;
  /** People whose words are in it. An erasure of one of them deletes the note. */
  readonly personIds: readonly PersonId[];
  readonly atWallMs: number;
};

export type NewNote = Omit<Note, 'channelId' | 'guildId' | 'number'>;

/** A voice channel, to whose readers its notes belong. */
export type NotesPlace = Pick<Note, 'channelId' | 'guildId'>;

export const notesTable: Table<ColumnsOf<Note>> = defineTable(
  'notes',
  {
    guildId,
    channelId,
    number: integer,
    kind: choice(...noteKinds),
    text,
    name: text,
    personIds: json(),
    atWallMs: instant,
  },
  {
    key: ['guildId', 'channelId', 'number'],
    person: ['personIds'],
    server: 'delete',
    restored: 'all',
  },
);

/** Most notes of a channel. A further one replaces the oldest. */
const maxNotes = 100;

/** Keeps notes. Throws BotError `store.*`. */
export class NoteStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Lists notes of a channel by number. */
  list({ channelId, guildId }: NotesPlace): Promise<readonly Note[]> {
    const where = sql`WHERE guild_id = ${guildId} AND channel_id = ${channelId}`;
    return this.#database.read((connection) =>
      selectRows(connection, notesTable, sql`${where} ORDER BY number`),
    );
  }

  /** Lists the channels that have notes. */
  listPlaces(): Promise<readonly NotesPlace[]> {
    return this.#database.read((connection) =>
      connection.rows(
        { guildId, channelId },
        sql`SELECT DISTINCT guild_id, channel_id FROM notes`,
      ),
    );
  }

  /** Adds notes that the channel has not yet, and returns those that were added. Only the newest 100 stay. */
  add(place: NotesPlace, notes: readonly NewNote[]): Promise<readonly Note[]> {
    const { channelId, guildId } = place;
    return this.#database.write(async (connection) => {
      const former = await selectRows(
        connection,
        notesTable,
        sql`WHERE guild_id = ${guildId} AND channel_id = ${channelId}`,
      );
      const known = new Set(former.map((note) => note.text));
      const last = Math.max(0, ...former.map(({ number }) => number));
      const added = notes
        .filter((note) => !known.has(note.text))
        .map((note, n) => ({ ...note, channelId, guildId, number: last + n + 1 }));
      await connection.insert(notesTable, added);
      await deleteOldest(connection, place, former.length + added.length);
      return added;
    });
  }

  /** Gives a note other words. Returns false if there is no such note. */
  async correct(
    { channelId, guildId }: NotesPlace,
    {
      number,
      text,
      name,
      personIds,
    }: Pick<Note, 'name' | 'number' | 'personIds' | 'text'>,
  ): Promise<boolean> {
    const changed = await this.#database.write((connection) =>
      connection.run(
        sql`UPDATE notes SET text = ${text}, name = ${name}, person_ids = ${JSON.stringify(personIds)}
          WHERE guild_id = ${guildId} AND channel_id = ${channelId} AND number = ${number}`,
      ),
    );
    return changed > 0;
  }

  /** Removes notes without a trace in the file. Returns the number of them. */
  async remove(
    erasure: AdmittedErasure<PartErasure>,
    channelId: ChannelId,
    numbers: readonly number[],
  ): Promise<number> {
    const removed = await this.#database.erase(erasure, (connection) =>
      connection.run(
        sql`DELETE FROM notes WHERE guild_id = ${erasure.guildId} AND channel_id = ${channelId}
          AND number ${connection.among(numbers)}`,
      ),
    );
    await this.#database.overwriteErased('no byte');
    return removed;
  }
}

async function deleteOldest(
  connection: Connection,
  { channelId, guildId }: NotesPlace,
  count: number,
) {
  if (count <= maxNotes) return;
  await connection.run(
    sql`DELETE FROM notes WHERE guild_id = ${guildId} AND channel_id = ${channelId}
      AND number IN (SELECT number FROM notes WHERE guild_id = ${guildId} AND channel_id = ${channelId}
        ORDER BY number LIMIT ${count - maxNotes})`,
  );
}
