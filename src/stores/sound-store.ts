import sql from 'sql-template-tag';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { bytes, guildId, instant, personId, text } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, removeRows } from '#src/sql/table.ts';

/** A sound that a member added to a server. */
export type AddedSound = {
  readonly guildId: GuildId;
  /** Unique in the server. */
  readonly name: string;
  /** Person who added the sound. */
  readonly personId: PersonId;
  readonly bytes: Uint8Array;
  readonly addedAtWallMs: number;
};

/** Most sounds of one server. */
export const maxAddedSounds = 50;

/** Keeps sounds that members added, each with its file. Throws BotError `store.*`. */
export interface SoundStore {
  /** Lists the sounds of a server by name, without their files. */
  list(guildId: GuildId): Promise<readonly Pick<AddedSound, 'name' | 'personId'>[]>;
  /** Reads the file of a sound. Undefined if it is not stored. */
  read(guildId: GuildId, name: string): Promise<Uint8Array | undefined>;
  /** Stores a sound. Returns false if the server has the most allowed sounds, or one of that name. */
  add(sound: AddedSound): Promise<boolean>;
  /** Removes a sound. Returns false if it is not stored. */
  remove(guildId: GuildId, name: string): Promise<boolean>;
}

const soundsTable = defineTable(
  'sounds',
  { guildId, name: text, personId, bytes, addedAtWallMs: instant },
  {
    key: ['guildId', 'name'],
    person: ['personId'],
    server: 'delete',
    restored: 'all',
  },
);

/** The store of sounds that members added. */
export const soundPart: StorePart<SoundStore> = {
  tables: [soundsTable],
  open: (database) => ({
    list: (server) =>
      database.read((connection) =>
        connection.rows(
          { name: text, personId },
          sql`SELECT name, person_id FROM sounds WHERE guild_id = ${server} ORDER BY name`,
        ),
      ),

    async read(server, name) {
      const [row] = await findRows(database, soundsTable, { guildId: server, name });
      return row?.bytes;
    },

    add: (sound) =>
      database.write(async (connection) => {
        const stored = await connection.rows(
          { name: text },
          sql`SELECT name FROM sounds WHERE guild_id = ${sound.guildId}`,
        );
        const isTaken = stored.some(({ name }) => name === sound.name);
        if (isTaken || stored.length >= maxAddedSounds) return false;
        await connection.insert(soundsTable, [sound]);
        return true;
      }),

    async remove(server, name) {
      return (await removeRows(database, soundsTable, { guildId: server, name })) > 0;
    },
  }),
};
