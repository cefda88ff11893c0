import type { PanelPlace, PanelStore } from '#src/session/ports/panel.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { askedAt, isNewer, serverLane, writtenToo } from './writing.ts';

/** Where the panels are, in PostgreSQL, one row per server. */
export class PostgresPanels implements PanelStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async read(guildId: string): Promise<PanelPlace | undefined> {
    const sql = 'SELECT channel_id, message_id FROM panels WHERE guild_id = $1';
    const [row] = await this.#database.readPast([serverLane('panels', guildId)], (connection) =>
      connection.rows(sql, [guildId]),
    );
    return row && { channelId: String(row.channel_id), messageId: String(row.message_id) };
  }

  async write(guildId: string, { channelId, messageId }: PanelPlace): Promise<void> {
    const sql = `INSERT INTO panels AS old VALUES ($1, $2, $3, ${askedAt(4)}, $5)
      ON CONFLICT (guild_id) DO UPDATE SET channel_id = excluded.channel_id,
        message_id = excluded.message_id, ${writtenToo}
      WHERE ${isNewer(4, 'old.')}`;
    await this.#database.write([serverLane('panels', guildId)], (connection, ageMs) =>
      connection.run(sql, [guildId, channelId, messageId, ageMs, this.#database.writer]),
    );
  }
}
