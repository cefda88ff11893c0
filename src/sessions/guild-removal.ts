import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/stores.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { SessionSources } from './session-sources.ts';

/** The tries need 46 s in all. */
const [maxTries, maxEraseMs, retryDelayMs] = [3, 12_000, 5_000];

export function createGuildRemoval(
  deps: Deps<'clock' | 'onEvent' | 'panels' | 'peopleSettings'>,
  sources: Pick<SessionSources, 'features' | 'guildStore'>,
  settings: Pick<StoredSettings, 'forgetGuild'>,
) {
  const over = new AbortController();

  async function eraseWithRetries(
    guildId: GuildId,
    erase: () => Promise<number>,
    ms: number,
  ) {
    for (let tries = 1; !over.signal.aborted; tries++) {
      const count = await withStoreTimeout(
        guildId,
        deps,
        'store.unwritable',
        erase,
        ms,
      );
      if (count !== undefined || tries === maxTries) return count;
      await deps.clock.sleep(retryDelayMs, over.signal).catch(() => undefined);
    }
    return undefined;
  }

  return {
    /** Erases a server's data once nothing runs there. Failures of stores are reported and retried. Never throws. */
    async eraseServer(guildId: GuildId) {
      settings.forgetGuild(guildId);
      deps.peopleSettings.forgetSettings(guildId);
      await deps.panels.forgetPanel(guildId);
      const counts = await Promise.all([
        eraseWithRetries(
          guildId,
          () => sources.guildStore.eraseGuild(guildId),
          maxEraseMs,
        ),
        ...sources.features.all.map((feature) =>
          eraseWithRetries(
            guildId,
            async () => (await feature.eraseServer?.(guildId)) ?? 0,
            eraseTimeoutMs,
          ),
        ),
      ]);
      const items = counts.reduce((sum: number, count) => sum + (count ?? 0), 0);
      if (!counts.includes(undefined)) deps.onEvent(guildId, { kind: 'erased', items });
    },
    [Symbol.dispose]() {
      over.abort(new Error('the removal of servers is closed'));
    },
  };
}
