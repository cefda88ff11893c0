import type { Sql } from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { Fts5Index } from '#src/features/captions/store/fts5-index.ts';
import { mergeWords } from '#src/features/captions/store/overwrite-erased-sqlite-rows.ts';
import { countPersonRows, peopleOfTranscripts } from '#src/features/captions/store/person-rows.ts';
import { erasePerson } from '#src/features/captions/store/transcript-eraser.ts';
import { tables as transcriptTables } from '#src/features/captions/store/transcript-tables.ts';
import { ofPerson, personTables } from '#src/sql/person-tables.ts';
import type { DatabaseSync } from '#src/sql/sqlite.ts';
import { SqliteConnection } from '#src/sql/sqlite-connection.ts';
import { countRows, deleteRows, type Table } from '#src/sql/table.ts';
import { migrations } from '#src/storage/main-format.ts';
import { type Migration, migrate, versionOf } from '#src/storage/schema.ts';
import { storePath } from '#src/storage/store.ts';
import { tables } from '#src/storage/stores/tables.ts';
import { migrations as transcriptMigrations } from '#src/storage/transcripts/schema.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';

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

/** Those that stand in this file: a copy of a former format lacks the later ones. */
function erasedIn(sqlite: DatabaseSync): typeof erased {
  const find = sqlite.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
  return erased.filter(({ name }) => find.get(name));
}

function erasedRows(sqlite: DatabaseSync, { guildId, personId }: PersonInGuild): readonly Sql[] {
  return erasedIn(sqlite).map((one) => ofPerson(one, guildId, personId));
}

const mainKind: BackupKind = {
  words: 'the store',
  path: storePath,
  table: 'panels',
  migrations,
  tables,
  holdsConsents: true,
  people: async (sqlite) =>
    erasedIn(sqlite).flatMap(({ guildColumn, name, personColumn }) => {
      const ids = `${guildColumn} AS guild_id, ${personColumn} AS person_id`;
      return sqlite.prepare(`SELECT DISTINCT ${ids} FROM ${name}`).all().map(personOf);
    }),
  count: (sqlite, person) => countRows(connectionTo(sqlite), erasedRows(sqlite, person)),
  erase: (sqlite, person) => deleteRows(connectionTo(sqlite), erasedRows(sqlite, person)),
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
