import type { PanelPlace, PanelStore } from '#src/session/ports/panel.ts';
import type { Database } from './database.ts';

/** Where the panels are, one row per server. */
export class SqlitePanels implements PanelStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Errors: BotError `store.unreadable`. */
  async read(guildId: string): Promise<PanelPlace | undefined> {
    const sql = 'SELECT channel_id, message_id FROM panels WHERE guild_id = ?';
    const row = await this.#database.read((sqlite) => sqlite.prepare(sql).get(guildId));
    return row && { channelId: String(row.channel_id), messageId: String(row.message_id) };
  }

  async write(guildId: string, { channelId, messageId }: PanelPlace): Promise<void> {
    const sql = 'REPLACE INTO panels (guild_id, channel_id, message_id) VALUES (?, ?, ?)';
    await this.#database.write((sqlite) => sqlite.prepare(sql).run(guildId, channelId, messageId));
  }
}
