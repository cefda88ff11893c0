import type { PanelStore } from '#src/ports/panel.ts';
import { channelId, guildId, messageId } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, findRows, putRows } from '#src/sql/table.ts';

const panels = defineTable(
  'panels',
  { guildId, channelId, messageId },
  {
    key: ['guildId'],
    person: [],
    server: 'delete',
    restored: 'all',
  },
);

export const panelPart: StorePart<PanelStore> = {
  tables: [panels],
  open: (database) => ({
    async read(guildId) {
      const [panelMessage] = await findRows(database, panels, { guildId });
      return panelMessage;
    },
    write: (guildId, panelMessage) =>
      putRows(database, panels, [{ guildId, ...panelMessage }]),
  }),
};
