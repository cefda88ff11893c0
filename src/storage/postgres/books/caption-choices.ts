import type { CaptionChoiceStore } from '#src/people/caption-choice.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { serverLane } from './writing.ts';

/** Who wants to be left out of captions, in PostgreSQL: a row per person and server, while they do. */
export class PostgresCaptionChoices implements CaptionChoiceStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async readLeftOut(guildId: string): Promise<ReadonlySet<string>> {
    const sql = 'SELECT person_id FROM left_out_of_captions WHERE guild_id = $1';
    const rows = await this.#database.read([serverLane('caption choices', guildId)], (connection) =>
      connection.rows(sql, [guildId]),
    );
    return new Set(rows.map(({ person_id }) => String(person_id)));
  }

  async leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<void> {
    const sql = isLeftOut
      ? 'INSERT INTO left_out_of_captions VALUES ($1, $2) ON CONFLICT DO NOTHING'
      : 'DELETE FROM left_out_of_captions WHERE guild_id = $1 AND person_id = $2';
    await this.#database.write([serverLane('caption choices', guildId)], (connection) =>
      connection.run(sql, [guildId, personId]),
    );
  }
}
