import type { PersonSettings, PersonSettingsStore } from '#src/people/person-settings.ts';
import { personSettingsOf } from '#src/storage/people/person-settings.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { askedAt, isNewer, serverLane, writtenToo } from './writing.ts';

/** Personal settings in PostgreSQL: a row per person and server with any setting. */
export class PostgresPersonSettings implements PersonSettingsStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async read(guildId: string, personId: string): Promise<PersonSettings> {
    const sql = `SELECT language, voice, speed, spoken_name FROM person_settings
      WHERE guild_id = $1 AND person_id = $2`;
    const rows = await this.#database.readPast(
      [serverLane('person_settings', guildId)],
      (connection) => connection.rows(sql, [guildId, personId]),
    );
    return personSettingsOf(rows[0]);
  }

  async write(guildId: string, personId: string, settings: PersonSettings): Promise<void> {
    const { language, voice, speed, spokenName } = settings;
    await this.#database.write([serverLane('person_settings', guildId)], (connection, ageMs) => {
      const written = [ageMs, this.#database.writer];
      if (Object.keys(settings).length === 0) {
        const sql = `DELETE FROM person_settings
          WHERE guild_id = $1 AND person_id = $2 AND ${isNewer(3)}`;
        return connection.run(sql, [guildId, personId, ...written]);
      }
      const sql = `INSERT INTO person_settings AS old VALUES ($1, $2, $3, $4, $5, $6, ${askedAt(7)}, $8)
        ON CONFLICT (guild_id, person_id) DO UPDATE
        SET language = excluded.language, voice = excluded.voice, speed = excluded.speed,
          spoken_name = excluded.spoken_name, ${writtenToo}
        WHERE ${isNewer(7, 'old.')}`;
      const values = [language, voice, speed, spokenName].map((value) => value ?? null);
      return connection.run(sql, [guildId, personId, ...values, ...written]);
    });
  }
}
