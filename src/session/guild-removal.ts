import type { StoredSettings } from '#src/session/settings/stored-settings.ts';
import { dayOf } from '#src/spending/calendar.ts';
import type { SessionDependencies } from './dependencies.ts';
import { withStore } from './store-access.ts';

/** Tries, the longest time of each and the wait between two: 46 s in all. */
const [mostTries, longestMs, retryMs] = [3, 12_000, 5_000];

type GuildRemovalParts = Pick<SessionDependencies, 'clock' | 'guildStore' | 'onEvent' | 'panels'>;

/** Erases what is kept of servers that the bot was removed from. */
export class GuildRemoval implements Disposable {
  readonly #parts: GuildRemovalParts;
  readonly #settings: Pick<StoredSettings, 'forget'>;
  readonly #over = new AbortController();

  constructor(parts: GuildRemovalParts, settings: Pick<StoredSettings, 'forget'>) {
    this.#parts = parts;
    this.#settings = settings;
  }

  /** Once nothing runs there any more. What the store refuses is told and tried again. Never throws. */
  async erase(guildId: string): Promise<void> {
    const { clock, guildStore: guildBook, onEvent, panels } = this.#parts;
    this.#settings.forget(guildId);
    await panels.forget(guildId);
    const erase = () => guildBook.erase(guildId, dayOf(clock.wallMs()));
    for (let tries = 1; !this.#over.signal.aborted; tries++) {
      const items = await withStore(guildId, this.#parts, 'store.unwritable', erase, longestMs);
      if (items !== undefined) onEvent(guildId, { kind: 'erased', items });
      if (items !== undefined || tries === mostTries) return;
      await clock.sleep(retryMs, this.#over.signal).catch(() => undefined);
    }
  }

  /** Nothing is tried again. */
  [Symbol.dispose](): void {
    this.#over.abort(new Error('closed'));
  }
}
