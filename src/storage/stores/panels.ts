import sql from 'sql-template-tag';
import type { PanelPlace, PanelStore } from '#src/session/ports/panel.ts';
import { id } from '#src/storage/sql/columns.ts';
import { laneOf, type StoreDatabase } from '#src/storage/sql/store-database.ts';
import { columnList, table } from '#src/storage/sql/table.ts';
import { putIfNewer, versioned } from '#src/storage/sql/versions.ts';

const placeColumns = { channelId: id, messageId: id };

export const panels = table(
  'panels',
  { guildId: id, ...placeColumns, ...versioned },
  {
    key: ['guildId'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Places of the panels: a row per server. */
export class SqlPanels implements PanelStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  async read(guildId: string): Promise<PanelPlace | undefined> {
    const statement = sql`SELECT ${columnList(placeColumns)} FROM panels
      WHERE guild_id = ${guildId}`;
    const [row] = await this.#database.readPast([laneOf(panels, guildId)], (connection) =>
      connection.rows(placeColumns, statement),
    );
    return row;
  }

  async write(guildId: string, place: PanelPlace): Promise<void> {
    await this.#database.write([laneOf(panels, guildId)], (connection) =>
      putIfNewer(connection, panels, { guildId, ...place }),
    );
  }
}
