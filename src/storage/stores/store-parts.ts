import { leftOutPeoplePart } from '#src/features/captions/store/left-out-part.ts';
import { reminderPart } from '#src/features/reminders/reminder-store.ts';
import { trackPart } from '#src/features/tracks/track-store.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import type { Table } from '#src/sql/table.ts';
import { apiTokenPart } from '#src/web/api/tokens/api-tokens.ts';
import { consentPart } from './consents.ts';
import { guildPart } from './guilds.ts';
import { panelPart } from './panel-table.ts';
import { personSettingsPart } from './person-settings-table.ts';
import { seatPart } from './seats.ts';
import { settingsPart } from './settings-tables.ts';
import { spendingPart } from './spending.ts';
import { spendingPortionPart } from './spending-portions.ts';

/** All parts of the store by name. A new one is a line here. */
export const storeParts = {
  apiTokens: apiTokenPart,
  leftOutPeople: leftOutPeoplePart,
  consents: consentPart,
  guilds: guildPart,
  panels: panelPart,
  personSettings: personSettingsPart,
  reminders: reminderPart,
  seats: seatPart,
  settings: settingsPart,
  spending: spendingPart,
  tracks: trackPart,
  spendingPortions: spendingPortionPart,
};

/** All tables of the store, in both databases. */
export const storeTables: readonly Table[] = Object.values(storeParts).flatMap(
  (part): readonly Table[] => part.tables,
);

/** Every part as its class over one database. */
export type StoreParts = {
  readonly [Name in keyof typeof storeParts]: ReturnType<
    (typeof storeParts)[Name]['open']
  >;
};

/** Everything that outlives the process. */
export type Store = StoreParts & AsyncDisposable;

/** Every part of the store over one database, which is closed with them. */
export function createStores(database: StoreDatabase): Store {
  const opened = Object.entries<StorePart<unknown>>(storeParts).map(([name, part]) => [
    name,
    part.open(database, storeTables),
  ]);
  return {
    ...Object.fromEntries(opened),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
