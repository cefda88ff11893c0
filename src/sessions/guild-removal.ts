import type { Deps } from '#src/conversation/session-dependencies.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/stores.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { SessionSources } from './session-sources.ts';

/** The tries need 46 s in all. */
const [maxTries, maxEraseMs, retryDelayMs] = [3, 12_000, 5_000];

export class GuildRemoval implements Disposable {
  readonly #deps;
  readonly #sources;
  readonly #settings;
  readonly #over = new AbortController();

  constructor(
    deps: Deps<'clock' | 'onEvent' | 'panels' | 'peopleSettings'>,
    sources: Pick<SessionSources, 'features' | 'guildStore'>,
    settings: StoredSettings,
  ) {
    this.#deps = deps;
    this.#sources = sources;
    this.#settings = settings;
  }

  /** Erases a server's data once nothing runs there. Failures of stores are reported and retried. Never throws. */
  async eraseServer(guildId: GuildId) {
    this.#settings.forgetGuild(guildId);
    this.#deps.peopleSettings.forgetSettings(guildId);
    await this.#deps.panels.forgetPanel(guildId);
    const counts = await Promise.all([
      this.#eraseWithRetries(
        guildId,
        () => this.#sources.guildStore.eraseGuild(guildId),
        maxEraseMs,
      ),
      ...this.#sources.features.all.map((feature) =>
        this.#eraseWithRetries(
          guildId,
          async () => (await feature.eraseServer?.(guildId)) ?? 0,
          eraseTimeoutMs,
        ),
      ),
    ]);
    const items = counts.reduce((sum: number, count) => sum + (count ?? 0), 0);
    if (!counts.includes(undefined))
      this.#deps.onEvent(guildId, { kind: 'erased', items });
  }

  async #eraseWithRetries(guildId: GuildId, erase: () => Promise<number>, ms: number) {
    for (let tries = 1; !this.#over.signal.aborted; tries++) {
      const count = await withStoreTimeout(
        guildId,
        this.#deps,
        'store.unwritable',
        erase,
        ms,
      );
      if (count !== undefined || tries === maxTries) return count;
      await this.#deps.clock
        .sleep(retryDelayMs, this.#over.signal)
        .catch(() => undefined);
    }
    return undefined;
  }

  [Symbol.dispose]() {
    this.#over.abort(new Error('the removal of servers is closed'));
  }
}
