import { leftOutPeoplePart } from '#src/features/captions/store/left-out-people.ts';
import { reminderPart } from '#src/features/reminders/reminder-store.ts';
import { trackPart } from '#src/features/tracks/track-store.ts';
import type { StoreCode, StorePart } from '#src/sql/store-part.ts';
import type { Store } from '#src/storage/store.ts';
import type { StoreKind } from '#src/storage/thread/store-kind.ts';
import { apiTokenPart } from '#src/web/api/tokens/api-tokens.ts';
import { consentPart } from './consents.ts';
import { guildPart } from './guilds.ts';
import { panelPart } from './panels.ts';
import { personSettingsPart } from './person-settings.ts';
import { seatPart } from './seats.ts';
import { settingsPart } from './settings.ts';
import { spendingPart } from './spending.ts';

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
};

/** Every part as its class over one database. */
export type StoreParts = {
  readonly [Name in keyof typeof storeParts]: (typeof storeParts)[Name] extends StorePart<
    infer Port
  >
    ? Port
    : never;
};

const ofParts = Object.entries<StorePart<unknown>>(storeParts).flatMap(([part, { operations }]) =>
  Object.entries<StoreCode>(operations).map(([name, code]) => [`${part}.${name}`, code]),
);

/** The store of consents, settings, panels, tracks and sums. */
export const mainStore: StoreKind<Store> = {
  name: 'main',
  operations: Object.fromEntries(ofParts),
  alert: 'store-unwritten',
};
