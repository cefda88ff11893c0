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

export const storeTables: readonly Table[] = Object.values(storeParts).flatMap(
  (part) => part.tables,
);

export type StoreParts = {
  readonly [Name in keyof typeof storeParts]: ReturnType<
    (typeof storeParts)[Name]['open']
  >;
};

export type Store = StoreParts & AsyncDisposable;

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
