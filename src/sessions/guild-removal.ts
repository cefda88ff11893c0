import type { Deps } from '#src/conversation/session-dependencies.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { SessionSources } from './session-sources.ts';

/** Tries, the longest time of each (transcripts have more) and the wait between two: 46 s in all. */
const [mostTries, longestMs, retryMs] = [3, 12_000, 5_000];

type RemovalDeps = Deps<'clock' | 'onEvent' | 'panels' | 'peopleSettings'>;
type RemovalSources = Pick<SessionSources, 'features' | 'guildStore'>;

/** Erases what is kept of servers that the bot was removed from. */
export class GuildRemoval implements Disposable {
  readonly #parts;
  readonly #sources;
  readonly #settings;
  readonly #over = new AbortController();

  constructor(parts: RemovalDeps, sources: RemovalSources, settings: StoredSettings) {
    this.#parts = parts;
    this.#sources = sources;
    this.#settings = settings;
  }

  /** Erases a server once nothing runs there any more; a failure of the store is reported and tried again. Never throws. */
  async erase(guildId: GuildId): Promise<void> {
    const { onEvent, panels } = this.#parts;
    const { features, guildStore } = this.#sources;
    this.#settings.forget(guildId);
    this.#parts.peopleSettings.forget(guildId);
    await panels.forget(guildId);
    const erase = () => guildStore.erase(guildId);
    const counts = await Promise.all([
      this.#persist(guildId, erase, longestMs),
      ...features.all.map((feature) =>
        this.#persist(
          guildId,
          async () => (await feature.eraseServer?.(guildId)) ?? 0,
          eraseTimeoutMs,
        ),
      ),
    ]);
    const items = counts.reduce((sum: number, count) => sum + (count ?? 0), 0);
    if (!counts.includes(undefined)) onEvent(guildId, { kind: 'erased', items });
  }

  /** Number of erased rows; undefined where all tries failed. */
  async #persist(
    guildId: GuildId,
    erase: () => Promise<number>,
    ms: number,
  ): Promise<number | undefined> {
    for (let tries = 1; !this.#over.signal.aborted; tries++) {
      const count = await withStoreTimeout(guildId, this.#parts, 'store.unwritable', erase, ms);
      if (count !== undefined || tries === mostTries) return count;
      await this.#parts.clock.sleep(retryMs, this.#over.signal).catch(() => undefined);
    }
    return undefined;
  }

  /** Nothing is tried again. */
  [Symbol.dispose](): void {
    this.#over.abort(new Error('the removal of servers is closed'));
  }
}
