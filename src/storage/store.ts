import { join } from 'node:path';
import type { ApiTokenStore } from '#src/api/tokens/token-store.ts';
import type { CaptionChoiceStore } from '#src/people/caption-choice.ts';
import type { ConsentStore } from '#src/people/consent-store.ts';
import type { PersonSettingsStore } from '#src/people/person-settings.ts';
import type { ReminderStore } from '#src/people/reminders.ts';
import type { PanelStore } from '#src/session/ports/panel.ts';
import type { GuildStore, SettingsStore } from '#src/session/ports/stores/guild-store.ts';
import type { SeatStore } from '#src/session/ports/stores/seat-store.ts';
import type { TrackStore } from '#src/session/ports/stores/track-store.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';

/** Everything that outlives the process. Closing it fails what still waits. */
export type Store = AsyncDisposable & {
  readonly apiTokens: ApiTokenStore;
  readonly captionChoices: CaptionChoiceStore;
  readonly consents: ConsentStore;
  readonly guilds: GuildStore;
  readonly panels: PanelStore;
  readonly personSettings: PersonSettingsStore;
  readonly reminders: ReminderStore;
  readonly seats: SeatStore;
  readonly settings: SettingsStore;
  readonly spending: SpendingStore;
  readonly tracks: TrackStore;
  /** Writes what is there already: whether the disk takes anything. Errors: BotError `store.unwritable`. */
  probe(): Promise<void>;
};

/** Where the bot and `npm run backup` look for the store. */
export function storePath(dataDir: string): string {
  return join(dataDir, 'parley.db');
}
