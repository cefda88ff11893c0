import type { DatabaseSync } from './sqlite.ts';
import { tooNew } from './trouble.ts';

export type Migration = { readonly version: number; readonly sql: string };

/**
 * Every step from an empty file to the present format, in order; a released step never changes.
 *
 * Ids are text, so that a forgotten one can be searched for in the bytes. A table about persons calls the columns
 * `guild_id` and `person_id`: then `/privacy forget` finds it. No table holds sound.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE standings (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('always', 'until', 'never')),
        until_ms REAL CHECK ((kind = 'until') = (until_ms IS NOT NULL)),
        PRIMARY KEY (guild_id, person_id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE panels (
        guild_id TEXT PRIMARY KEY,
        channel_id TEXT NOT NULL,
        message_id TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 2,
    sql: `
      CREATE TABLE server_settings (
        guild_id TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (guild_id, key)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 3,
    sql: `
      CREATE TABLE spent (
        guild_id TEXT NOT NULL,
        day TEXT NOT NULL,
        nano_usd INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        turns INTEGER NOT NULL,
        PRIMARY KEY (guild_id, day)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE spent_by_person (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        day TEXT NOT NULL,
        nano_usd INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        turns INTEGER NOT NULL,
        PRIMARY KEY (guild_id, person_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 4,
    sql: `
      CREATE TABLE tracks (
        guild_id TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        name TEXT NOT NULL,
        place INTEGER NOT NULL,
        percent REAL NOT NULL,
        is_paused INTEGER NOT NULL,
        PRIMARY KEY (guild_id, channel_id, name)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE track_sounds (
        guild_id TEXT NOT NULL,
        channel_id TEXT NOT NULL,
        track TEXT NOT NULL,
        place INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('library', 'link')),
        origin TEXT NOT NULL,
        type TEXT NOT NULL,
        title TEXT NOT NULL,
        person_id TEXT NOT NULL,
        person_name TEXT NOT NULL,
        position_ms REAL NOT NULL,
        is_loop INTEGER NOT NULL,
        PRIMARY KEY (guild_id, channel_id, track, place)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 5,
    sql: `
      ALTER TABLE spent_by_person RENAME TO spent_by_person_once;
      CREATE TABLE spent_by_person (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        day TEXT NOT NULL,
        nano_usd INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        turns INTEGER NOT NULL,
        PRIMARY KEY (guild_id, person_id, day)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO spent_by_person SELECT * FROM spent_by_person_once;
      DROP TABLE spent_by_person_once;
    `,
  },
  {
    version: 6,
    sql: 'CREATE TABLE removed_guilds (guild_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;',
  },
  {
    version: 7,
    sql: `
      CREATE TABLE bot_guilds (
        bot_id TEXT NOT NULL,
        guild_id TEXT NOT NULL,
        PRIMARY KEY (bot_id, guild_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 8,
    sql: `
      CREATE TABLE spent_on_captions (
        guild_id TEXT NOT NULL,
        day TEXT NOT NULL,
        nano_usd INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        unpriced INTEGER NOT NULL,
        turns INTEGER NOT NULL,
        PRIMARY KEY (guild_id, day)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE left_out_of_captions (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        PRIMARY KEY (guild_id, person_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 9,
    sql: `
      CREATE TABLE seats (
        guild_id TEXT PRIMARY KEY,
        channel_id TEXT NOT NULL,
        channel_name TEXT NOT NULL,
        mode TEXT NOT NULL CHECK (mode IN ('talk', 'captions')),
        pipeline TEXT NOT NULL,
        transcript_id TEXT,
        is_paused INTEGER NOT NULL,
        since_ms REAL NOT NULL,
        alive_ms REAL NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE seat_consents (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('caller', 'yes', 'no')),
        PRIMARY KEY (guild_id, person_id, kind)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 10,
    sql: `
      CREATE TABLE api_tokens (
        name TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        guild_id TEXT NOT NULL,
        scopes TEXT NOT NULL,
        budget_usd REAL,
        created_ms REAL NOT NULL,
        revoked_ms REAL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 11,
    sql: `
      CREATE TABLE person_settings (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        language TEXT,
        voice TEXT,
        speed REAL,
        spoken_name TEXT,
        PRIMARY KEY (guild_id, person_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 12,
    sql: `
      CREATE TABLE reminders (
        id TEXT PRIMARY KEY,
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        number INTEGER NOT NULL,
        channel_id TEXT NOT NULL,
        channel_name TEXT NOT NULL,
        text TEXT NOT NULL,
        set_ms REAL NOT NULL,
        due_ms REAL NOT NULL,
        UNIQUE (guild_id, person_id, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX reminders_by_time ON reminders (due_ms);
    `,
  },
  {
    version: 13,
    sql: `
      ALTER TABLE tracks ADD COLUMN is_muted INTEGER NOT NULL DEFAULT 0;
      CREATE TABLE newer_seat_consents (
        guild_id TEXT NOT NULL,
        person_id TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('caller', 'followed', 'yes', 'no')),
        PRIMARY KEY (guild_id, person_id, kind)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO newer_seat_consents SELECT * FROM seat_consents;
      DROP TABLE seat_consents;
      ALTER TABLE newer_seat_consents RENAME TO seat_consents;
    `,
  },
];

/** Brings a file of any earlier format to the present one, wholly or not at all. Errors: BotError `store.unreadable` for a later format. */
export function migrate(
  sqlite: DatabaseSync,
  path: string,
  steps: readonly Migration[] = migrations,
): void {
  const known = steps.at(-1)?.version ?? 0;
  if (versionOf(sqlite) === known) return;
  inTransaction(sqlite, () => {
    const version = versionOf(sqlite);
    if (version > known) throw tooNew(path, version, known);
    for (const step of steps) {
      if (step.version <= version) continue;
      sqlite.exec(step.sql);
      sqlite.exec(`PRAGMA user_version = ${step.version}`);
    }
  });
}

/** All of `work` or nothing of it. */
export function inTransaction<T>(sqlite: DatabaseSync, work: () => T): T {
  sqlite.exec('BEGIN IMMEDIATE');
  try {
    const done = work();
    sqlite.exec('COMMIT');
    return done;
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/** A write that changes nothing. */
export function rewriteVersion(sqlite: DatabaseSync): void {
  sqlite.exec(`PRAGMA user_version = ${versionOf(sqlite)}`);
}

/** Format of a file: the version of its last migration. */
export function versionOf(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.user_version);
}
