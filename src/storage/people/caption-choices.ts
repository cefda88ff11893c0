import type { CaptionChoiceStore } from '#src/people/caption-choice.ts';
import type { Database } from '#src/storage/database.ts';

/** Who wants to be left out of captions, in SQLite: a row per person and server, while they do. */
export class SqliteCaptionChoices implements CaptionChoiceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async readLeftOut(guildId: string): Promise<ReadonlySet<string>> {
    const sql = 'SELECT person_id FROM left_out_of_captions WHERE guild_id = ?';
    const rows = await this.#database.read((sqlite) => sqlite.prepare(sql).all(guildId));
    return new Set(rows.map(({ person_id }) => String(person_id)));
  }

  async leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<void> {
    const sql = isLeftOut
      ? 'REPLACE INTO left_out_of_captions (guild_id, person_id) VALUES (?, ?)'
      : 'DELETE FROM left_out_of_captions WHERE guild_id = ? AND person_id = ?';
    await this.#database.write((sqlite) => sqlite.prepare(sql).run(guildId, personId));
  }
}
