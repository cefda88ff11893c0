import { join } from 'node:path';
import { flag, getColumnType, id, type SqlDialect } from '#src/sql/columns.ts';
import { createTables, type Table } from '#src/sql/table.ts';
import { consents, erasures } from '#src/stores/consents.ts';
import { hearingPart } from '#src/stores/hearing-store.ts';
import { personSettingsPart } from '#src/stores/person-settings-table.ts';
import { channelSettingsTable } from '#src/stores/settings-tables.ts';
import { soundPart } from '#src/stores/sound-store.ts';
import { portionTables, spentTables } from '#src/stores/spending.ts';
import { storeTables } from '#src/stores/store-parts.ts';
import { toldPeoplePart } from '#src/stores/told-people.ts';
import { trackPart } from '#src/stores/track-store.ts';
import { notesTable } from '#src/stores/transcripts/note-store.ts';
import {
  lineWordsTable,
  messageWebhooksTable,
  termsIndex,
  transcriptTables,
} from '#src/stores/transcripts/transcript-tables.ts';
import type { Migration } from './schema.ts';

/** A store as SQLite file or PostgreSQL tables. Released migrations never change. */
export type StoreKind = {
  readonly name: 'store' | 'transcripts';
  readonly file: string;
  readonly tables: readonly Table[];
  readonly sqlite: readonly Migration[];
  readonly postgres: readonly Migration[];
  readonly lost: LostRows;
};

/** Rows that an upgrade from before `before` deletes. */
type LostRows = {
  readonly before: number;
  readonly sql: string;
  /** Describes the rows, after their number. */
  readonly words: string;
};

/** Creates tables of a later version. A store that the first migration made today has them already. */
function createNewTables(tables: readonly Table[], dialect: SqlDialect) {
  return createTables(tables, dialect).replaceAll(
    'CREATE TABLE ',
    'CREATE TABLE IF NOT EXISTS ',
  );
}

/** Lists migrations. Formats before the first release are refused. */
function listMainMigrations(dialect: SqlDialect) {
  // Ids are text, so that a forgotten one can be searched for in the bytes.
  const toCreateStatements = (...tables: readonly Table[]) =>
    createTables(tables, dialect);
  return [
    { version: 15, sql: toCreateStatements(...storeTables) },
    {
      version: 17,
      sql: `DROP TABLE IF EXISTS spent; DROP TABLE IF EXISTS spent_by_person; DROP TABLE IF EXISTS spent_on_captions;
        ${toCreateStatements(...spentTables)}`,
    },
    { version: 18, sql: 'ALTER TABLE api_tokens ADD COLUMN channel_ids text' },
    {
      version: 20,
      sql: `ALTER TABLE api_tokens ADD COLUMN events_url text;
        ALTER TABLE consents RENAME TO former_consents;
        DROP TABLE IF EXISTS erasures;
        ${toCreateStatements(consents, erasures)}
        INSERT INTO consents (guild_id, person_id, kind)
          SELECT guild_id, person_id, REPLACE(kind, 'forgetting', 'forgotten') FROM former_consents WHERE kind <> 'until';
        INSERT INTO erasures (guild_id, person_id, since_wall_ms)
          SELECT guild_id, person_id, 0 FROM former_consents WHERE kind = 'forgetting';
        INSERT INTO consents (guild_id, person_id, kind)
          SELECT guild_id, person_id, 'never' FROM seat_consents WHERE kind = 'no'
          ON CONFLICT (guild_id, person_id) DO UPDATE SET kind = 'never';
        DELETE FROM seat_consents WHERE kind = 'no';
        DROP TABLE former_consents; DROP TABLE removed_guilds; DROP TABLE IF EXISTS spending_reserves; DROP TABLE IF EXISTS spending_portions;
        DROP TABLE IF EXISTS tracks; DROP TABLE IF EXISTS track_sounds;
        ${toCreateStatements(...trackPart.tables)}
        DELETE FROM server_settings WHERE key IN ('announce', 'budget_month', 'budget_person', 'catch_up',
          'duck_for_people', 'names', 'personas_answer', 'show_heard');
        ALTER TABLE panels DROP COLUMN written_at_ms;
        ALTER TABLE panels DROP COLUMN written_by;
        ALTER TABLE person_settings DROP COLUMN written_at_ms;
        ALTER TABLE person_settings DROP COLUMN written_by;
        ALTER TABLE seats DROP COLUMN written_at_ms;
        ALTER TABLE seats DROP COLUMN written_by;
        ALTER TABLE server_settings DROP COLUMN written_at_ms;
        ALTER TABLE server_settings DROP COLUMN written_by;`,
    },
    {
      version: 21,
      sql: `ALTER TABLE reminders ADD COLUMN addressee_id ${getColumnType(id, dialect)};
        ALTER TABLE reminders ADD COLUMN addressee_name text;
        ALTER TABLE reminders ADD COLUMN author_name text;
        ALTER TABLE reminders ADD COLUMN is_private ${getColumnType(flag, dialect)};
        CREATE INDEX reminders_by_addressee ON reminders (guild_id, addressee_id);
        ${renewPersonSettings(dialect)}`,
    },
    {
      version: 22,
      sql: `${toCreateStatements(erasures).replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS')}
        INSERT INTO erasures (guild_id, person_id, since_wall_ms)
          SELECT guild_id, person_id, 0 FROM consents WHERE kind = 'forgetting';
        UPDATE consents SET kind = 'forgotten' WHERE kind = 'forgetting';`,
    },
    {
      version: 23,
      // A store that was made by these migrations has the tables already.
      sql: `${toCreateStatements(...toldPeoplePart.tables).replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS')}
        DROP TABLE IF EXISTS hearings; ${toCreateStatements(...hearingPart.tables)}
        DELETE FROM server_settings WHERE key = 'consent_waits';`,
    },
    {
      version: 24,
      // The sum of all servers is that of their rows.
      sql: `DROP TABLE IF EXISTS spending_portions; DROP TABLE IF EXISTS person_portions;
        ${toCreateStatements(...portionTables)}
        DELETE FROM spent WHERE guild_id = 'all';`,
    },
    { version: 25, sql: moveChannelSettings(dialect) },
    {
      version: 26,
      sql: createNewTables(soundPart.tables, dialect),
    },
    { version: 27, sql: renewPersonSettings(dialect) },
    {
      version: 28,
      sql: renewTable(erasures, 'guild_id, person_id, since_wall_ms', dialect),
    },
  ];
}

function renewPersonSettings(dialect: SqlDialect) {
  const fields = 'guild_id, person_id, language, voice, speed, spoken_name, answers';
  return personSettingsPart.tables
    .map((table) => renewTable(table, fields, dialect))
    .join('\n');
}

/** Gives a table its present columns, with the fields that every former one had. */
function renewTable(table: Table, fields: string, dialect: SqlDialect) {
  const { name } = table;
  return `ALTER TABLE ${name} RENAME TO former_${name};
        ${createTables([table], dialect)}
        INSERT INTO ${name} (${fields})
          SELECT ${fields} FROM former_${name};
        DROP TABLE former_${name};`;
}

/** Functions of each dialect that read a text in JSON. What is no JSON has none. */
const jsonTexts = {
  sqlite: {
    define: '',
    drop: '',
    read: (field: string) =>
      `CASE WHEN json_valid(value) THEN json_extract(value, '$.${field}') END`,
  },
  postgres: {
    define: `CREATE FUNCTION parley_json_text(value text, field text) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN RETURN value::json ->> field; EXCEPTION WHEN others THEN RETURN NULL; END $$;`,
    drop: 'DROP FUNCTION parley_json_text(text, text);',
    read: (field: string) => `parley_json_text(value, '${field}')`,
  },
};

/** Builds SQL that gives each fact about a channel, which was a key of its server, a row of the channel. */
function moveChannelSettings(dialect: SqlDialect) {
  const { define, drop, read } = jsonTexts[dialect];
  const personaKeys = {
    name: 'name',
    instructions: 'instructions',
    voice: 'voice',
    language: 'answer_language',
  };
  const moved = [
    ...Object.entries(personaKeys).map(([field, key]) => ['bot:', key, read(field)]),
    ['captions:', 'captions', "CASE WHEN value <> 'off' THEN 'on' END"],
    ['captions:', 'captions_language', read('translateTo')],
    ['auto_join_rest:', 'auto_join_rest', "'on'"],
  ] as const;
  const prefixes = [...new Set(moved.map(([prefix]) => prefix))];
  const insertions = moved.map(
    ([
      prefix,
      key,
      value,
    ]) => `INSERT INTO channel_settings (guild_id, channel_id, key, value)
      SELECT guild_id, SUBSTR(key, ${prefix.length + 1}), '${key}', ${value} FROM server_settings
        WHERE key LIKE '${prefix}%' AND ${value} IS NOT NULL;`,
  );
  const deletions = prefixes.map(
    (prefix) => `DELETE FROM server_settings WHERE key LIKE '${prefix}%';`,
  );
  return `${createNewTables([channelSettingsTable], dialect)}
    ${[define, ...insertions, ...deletions, drop].join('\n')}`;
}

/** Lines stored while `catch_up` was off. */
const unsharedLines =
  'SELECT l.id FROM lines l JOIN sessions s ON s.key = l.session WHERE s.catch_up = FALSE';

/** Deletes lines for those present alone, and unused columns. */
const deleteFormer = `
  UPDATE caption_messages SET outdated = outdated + 1
    WHERE session_id IN (SELECT id FROM sessions WHERE catch_up = FALSE);
  DELETE FROM lines WHERE id IN (${unsharedLines});
  DELETE FROM sessions WHERE catch_up = FALSE;
  DROP VIEW IF EXISTS posts;
  DROP TABLE IF EXISTS more_posts;
  DROP TABLE IF EXISTS memory_numbers;
  DROP TABLE IF EXISTS guilds;
  DROP TABLE presences;
  DROP TABLE transcript_writers;
  DROP TABLE answered;
  ALTER TABLE lines DROP COLUMN words;
  ALTER TABLE lines DROP COLUMN confidence;
  ALTER TABLE sessions DROP COLUMN catch_up;
  ALTER TABLE sessions DROP COLUMN written_by;
  ALTER TABLE caption_messages DROP COLUMN written_by;`;

/** `upgrade` rebuilds the index of words. */
function listTranscriptMigrations(dialect: SqlDialect, index: string, upgrade = '') {
  return [
    { version: 3, sql: `${createTables(transcriptTables, dialect)}\n${index}` },
    { version: 5, sql: `${deleteFormer}\n${upgrade}` },
    { version: 6, sql: createNewTables([notesTable], dialect) },
    { version: 7, sql: createNewTables([messageWebhooksTable], dialect) },
  ];
}

/** A small file of consents, settings and sums. */
export const mainStore: StoreKind = {
  name: 'store',
  file: 'parley.db',
  tables: storeTables,
  sqlite: listMainMigrations('sqlite'),
  postgres: listMainMigrations('postgres'),
  lost: {
    before: 20,
    sql: "SELECT COUNT(*) AS count FROM consents WHERE kind = 'until'",
    words: 'consents that held for one day: there is no such choice any more',
  },
};

/** Transcripts and memories have a file of their own, so that a fault there costs no consent. */
export const transcripts: StoreKind = {
  name: 'transcripts',
  file: 'transcripts.db',
  tables: transcriptTables,
  sqlite: listTranscriptMigrations(
    'sqlite',
    lineWordsTable,
    `DROP TABLE line_words; ${lineWordsTable} INSERT INTO line_words (line_words) VALUES ('rebuild');
      DROP TABLE IF EXISTS unscrubbed;`,
  ),
  postgres: listTranscriptMigrations('postgres', termsIndex),
  lost: {
    before: 5,
    sql: `SELECT COUNT(*) AS count FROM (${unsharedLines}) AS unshared`,
    words:
      'captions that were stored while catch_up was off: words now belong to all who may open their voice channel',
  },
};

/** In the order of a restore. */
export const storeKinds: readonly StoreKind[] = [mainStore, transcripts];

/** Lists the stores of a copy or a restore: the main one, and transcripts if wanted. */
export function listWantedKinds(withTranscripts: boolean): readonly StoreKind[] {
  return withTranscripts ? storeKinds : [mainStore];
}

export function storePath(dataDir: string, { file }: StoreKind = mainStore): string {
  return join(dataDir, file);
}

/** Describes `count` rows that an upgrade deletes, as one sentence or none. */
export function describeLostStore(
  { lost }: StoreKind,
  count: unknown,
): readonly string[] {
  return Number(count) > 0 ? [`The upgrade deletes ${count} ${lost.words}.`] : [];
}
