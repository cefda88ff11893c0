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
