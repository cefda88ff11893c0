import type { PersonSettings, PersonSettingsStore } from '#src/people/person-settings.ts';
import type { Database } from '#src/storage/database.ts';

/** Personal settings in SQLite: a row per person and server with any setting. */
export class SqlitePersonSettings implements PersonSettingsStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(guildId: string, personId: string): Promise<PersonSettings> {
    const sql = `SELECT language, voice, speed, spoken_name FROM person_settings
      WHERE guild_id = ? AND person_id = ?`;
    return await this.#database.readSync((sqlite) =>
      personSettingsOf(sqlite.prepare(sql).get(guildId, personId)),
    );
  }

  async write(guildId: string, personId: string, settings: PersonSettings): Promise<void> {
    const { language = null, voice = null, speed = null, spokenName = null } = settings;
    await this.#database.writeSync((sqlite) => {
      if (Object.keys(settings).length === 0) {
        const sql = 'DELETE FROM person_settings WHERE guild_id = ? AND person_id = ?';
        return sqlite.prepare(sql).run(guildId, personId);
      }
      const sql = `REPLACE INTO person_settings
        (guild_id, person_id, language, voice, speed, spoken_name) VALUES (?, ?, ?, ?, ?, ?)`;
      return sqlite.prepare(sql).run(guildId, personId, language, voice, speed, spokenName);
    });
  }
}

/** Settings of a row; empty where there is none. */
export function personSettingsOf(row?: Readonly<Record<string, unknown>>): PersonSettings {
  const { language, voice, speed, spoken_name: spokenName } = row ?? {};
  return {
    ...(typeof language === 'string' && { language }),
    ...(typeof voice === 'string' && { voice }),
    ...(typeof speed === 'number' && { speed }),
    ...(typeof spokenName === 'string' && { spokenName }),
  };
}
