import type {
  ConsentStore,
  LeftOutPeopleStore,
  ToldPeopleStore,
} from '#src/people/consent.ts';
import type { PersonSettingsStore } from '#src/people/person-settings.ts';
import type { PanelStore } from '#src/ports/panel.ts';
import type {
  GuildSettingsStore,
  JoinedGuildStore,
  SeatStore,
} from '#src/ports/stores.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import type { Table } from '#src/sql/table.ts';
import type { ApiTokenStore } from './api-tokens.ts';
import { apiTokenPart } from './api-tokens.ts';
import { consentPart } from './consents.ts';
import { guildPart } from './guilds.ts';
import { type HearingStore, hearingPart } from './hearing-store.ts';
import { leftOutPeoplePart } from './left-out-people.ts';
import { panelPart } from './panel-table.ts';
import { personSettingsPart } from './person-settings-table.ts';
import { type ReminderStore, reminderPart } from './reminder-store.ts';
import { seatPart } from './seats.ts';
import { settingsPart } from './settings-tables.ts';
import { type SoundStore, soundPart } from './sound-store.ts';
import { spendingPart } from './spending.ts';
import { toldPeoplePart } from './told-people.ts';
import { type TrackStore, trackPart } from './track-store.ts';

/** Ports of the main store by name. */
export type StoreParts = {
  readonly apiTokens: ApiTokenStore;
  readonly leftOutPeople: LeftOutPeopleStore;
  readonly consents: ConsentStore;
  readonly guilds: JoinedGuildStore;
  readonly hearings: HearingStore;
  readonly panels: PanelStore;
  readonly personSettings: PersonSettingsStore;
  readonly reminders: ReminderStore;
  readonly seats: SeatStore;
  readonly settings: GuildSettingsStore;
  readonly sounds: SoundStore;
  readonly spending: SpendingStore;
  readonly toldPeople: ToldPeopleStore;
  readonly tracks: TrackStore;
};

export const storeParts: {
  readonly [Name in keyof StoreParts]: StorePart<StoreParts[Name]>;
} = {
  apiTokens: apiTokenPart,
  leftOutPeople: leftOutPeoplePart,
  consents: consentPart,
  guilds: guildPart,
  hearings: hearingPart,
  panels: panelPart,
  personSettings: personSettingsPart,
  reminders: reminderPart,
  seats: seatPart,
  settings: settingsPart,
  sounds: soundPart,
  spending: spendingPart,
  toldPeople: toldPeoplePart,
  tracks: trackPart,
};

export const storeTables: readonly Table[] = Object.values(storeParts).flatMap(
  (part) => part.tables,
);

/** The main store. Disposing closes its database. */
export type Store = StoreParts & AsyncDisposable;

/** Creates the ports of all parts over one database, which the result owns. */
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
