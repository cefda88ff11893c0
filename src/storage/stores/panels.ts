import sql from 'sql-template-tag';
import type { PanelPlace, PanelStore } from '#src/conversation/ports/panel.ts';
import { id } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { columnList, table } from '#src/sql/table.ts';
import { putIfNewer, versioned } from '#src/sql/versions.ts';

const placeColumns = { channelId: id, messageId: id };

const panels = table(
  'panels',
  { guildId: id, ...placeColumns, ...versioned },
  {
    key: ['guildId'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Places of the panels: a row per server. */
class SqlPanels implements PanelStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async read(guildId: string): Promise<PanelPlace | undefined> {
    const statement = sql`SELECT ${columnList(placeColumns)} FROM panels
      WHERE guild_id = ${guildId}`;
    const [row] = await this.#database.read((connection) =>
      connection.rows(placeColumns, statement),
    );
    return row;
  }

  async write(guildId: string, place: PanelPlace): Promise<void> {
    await this.#database.write((connection) =>
      putIfNewer(connection, panels, { guildId, ...place }),
    );
  }
}

export const panelPart = storePart<PanelStore>({
  tables: [panels],
  operations: { read: reads, write: writes },
  open: (database) => new SqlPanels(database),
});
