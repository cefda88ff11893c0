import type { Migration } from '#src/storage/schema.ts';
import type { SqlDialect } from '#src/storage/sql/columns.ts';
import { createTables } from '#src/storage/sql/create-table.ts';
import type { Table } from '#src/storage/sql/table.ts';
import { apiTokens } from './api-tokens.ts';
import { leftOutOfCaptions } from './caption-choices.ts';
import { consents } from './consents.ts';
import { botGuilds, removedGuilds } from './guilds.ts';
import { panels } from './panels.ts';
import { personSettings } from './person-settings.ts';
import { reminders } from './reminders.ts';
import { seatConsents, seats } from './seats.ts';
import { serverSettings } from './settings.ts';
import { spendingReserves } from './shared-spending.ts';
import { spent, spentByPerson, spentOnCaptions } from './spending.ts';
import { trackSounds, tracks } from './tracks.ts';

/** All tables of the store, in both databases. */
export const tables: readonly Table[] = [
  apiTokens,
  botGuilds,
  consents,
  leftOutOfCaptions,
  panels,
  personSettings,
  reminders,
  removedGuilds,
  seats,
  seatConsents,
  serverSettings,
  spendingReserves,
  spent,
  spentByPerson,
  spentOnCaptions,
  tracks,
  trackSounds,
];

/**
 * The migrations of the store, in order, with `further` tables of one database; a released one never changes.
 *
 * The first one creates the whole schema. Formats from before the first release have lower numbers, and are refused.
 *
 * Ids are text, so that a forgotten one can be searched for in the bytes. No table holds sound.
 */
export function migrationsOf(
  dialect: SqlDialect,
  further: readonly Table[] = [],
): readonly Migration[] {
  return [{ version: 14, sql: createTables([...tables, ...further], dialect) }];
}
