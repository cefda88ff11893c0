import { realClock } from '#src/base/clock.ts';
import { migrations } from '#src/storage/main-format.ts';
import { type Migration, migrate, versionOf } from '#src/storage/schema.ts';
import { countAbout, eraseAbout, personTables } from '#src/storage/sql/person-tables.ts';
import { SqliteConnection } from '#src/storage/sql/sqlite-connection.ts';
import type { Table } from '#src/storage/sql/table.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { tables } from '#src/storage/stores/tables.ts';
import { erasePerson } from '#src/storage/transcripts/eraser.ts';
import { Fts5Index } from '#src/storage/transcripts/fts5-index.ts';
import { mergeWords } from '#src/storage/transcripts/overwriting.ts';
import { countPersonRows, peopleOfTranscripts } from '#src/storage/transcripts/person-rows.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import { tables as transcriptTables } from '#src/storage/transcripts/tables.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcript-store.ts';

export type PersonInGuild = { readonly guildId: string; readonly personId: string };

/** One of the files that `npm run backup` copies, and how a person is taken out of it. */
export type BackupKind = {
  /** With its article, for sentences. */
  readonly words: string;
  path(dataDir: string): string;
  /** A table that only this kind of file has, in every format. */
  readonly table: string;
  readonly migrations: readonly Migration[];
  readonly tables: readonly Table[];
  /** Whether what people agreed to or refused stands in it. */
  readonly holdsConsents: boolean;
  people(sqlite: DatabaseSync): Promise<readonly PersonInGuild[]>;
  count(sqlite: DatabaseSync, person: PersonInGuild): Promise<number>;
  /** Deletes all rows about a person and counts them. It may bring the file to the present format. Errors: BotError `store.*`. */
  erase(sqlite: DatabaseSync, person: PersonInGuild): Promise<number>;
};

/** Tables from which a forgotten person is deleted. */
const erased = personTables(tables).filter(({ forget }) => forget !== 'keep');

const mainKind: BackupKind = {
  words: 'the store',
  path: storePath,
  table: 'panels',
  migrations,
  tables,
  holdsConsents: true,
  people: async (sqlite) =>
    erased.flatMap(({ guildColumn, name, personColumn }) => {
      const ids = `${guildColumn} AS guild_id, ${personColumn} AS person_id`;
      return sqlite.prepare(`SELECT DISTINCT ${ids} FROM ${name}`).all().map(personOf);
    }),
  count: (sqlite, { guildId, personId }) =>
    countAbout(connectionTo(sqlite), erased, guildId, personId),
  erase: (sqlite, { guildId, personId }) =>
    eraseAbout(connectionTo(sqlite), erased, guildId, personId),
};

const transcriptsKind: BackupKind = {
  words: 'the transcripts',
  path: transcriptsPath,
  table: 'caption_messages',
  migrations: transcriptMigrations,
  tables: transcriptTables,
  holdsConsents: false,
  people: async (sqlite) =>
    isBlank(sqlite) ? [] : await peopleOfTranscripts(connectionTo(sqlite)),
  count: async (sqlite, person) =>
    isBlank(sqlite) ? 0 : await countPersonRows(connectionTo(sqlite), person),
  async erase(sqlite, person) {
    migrate(sqlite, 'the copy', transcriptMigrations);
    const connection = connectionTo(sqlite);
    const count = await erasePerson(connection, new Fts5Index(), person);
    await mergeWords(connection);
    return count;
  },
};

/** In the order in which they are restored. */
export const backupKinds: readonly BackupKind[] = [mainKind, transcriptsKind];

/** A file that no other program uses. No row that it writes has a writer. */
export function connectionTo(sqlite: DatabaseSync): SqliteConnection {
  return new SqliteConnection(sqlite, '', () => realClock.wallMs());
}

/** A file in which nothing was ever written. */
function isBlank(sqlite: DatabaseSync): boolean {
  return versionOf(sqlite) === 0;
}

function personOf(row: Readonly<Record<string, unknown>>): PersonInGuild {
  return { guildId: String(row.guild_id), personId: String(row.person_id) };
}
