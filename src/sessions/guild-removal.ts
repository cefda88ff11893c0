import type { AdmittedErasure, Erasures, ServerErasure } from '#src/base/erasures.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { eraseTimeoutMs, withStoreTimeout } from '#src/ports/stores.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { SharedSessionDeps } from './shared-session-deps.ts';

/** The tries need 46 s in all. */
const [maxTries, maxEraseMs, retryDelayMs] = [3, 12_000, 5_000];

type RemovalDeps = Deps<'clock' | 'onEvent' | 'panels' | 'peopleSettings'>;

/** Erases the data of servers from which the bot was removed. */
export class GuildRemoval implements Disposable {
  readonly #deps;
  readonly #sharedDeps;
  readonly #sessions;
  readonly #closing = new AbortController();

  constructor(
    deps: RemovalDeps,
    sharedDeps: Pick<SharedSessionDeps, 'features' | 'guildStore'>,
    sessions: {
      readonly erasures: Erasures;
      readonly settings: Pick<StoredSettings, 'forgetGuild'>;
    },
  ) {
    this.#deps = deps;
    this.#sharedDeps = sharedDeps;
    this.#sessions = sessions;
  }

  /** Erases a server's data once nothing runs there. Failures of stores are reported and retried. Never throws. */
  async eraseServer(guildId: GuildId): Promise<void> {
    const { onEvent, panels, peopleSettings } = this.#deps;
    const { erasures, settings } = this.#sessions;
    settings.forgetGuild(guildId);
    peopleSettings.forgetSettings(guildId);
    await panels.forgetPanel(guildId);
    const counts = await erasures.admitErasure({ kind: 'server', guildId }, (erasure) =>
      this.#eraseStored(erasure),
    );
    const items = counts.reduce((sum: number, count) => sum + (count ?? 0), 0);
    if (!counts.includes(undefined)) onEvent(guildId, { kind: 'erased', items });
  }

  /** Ends the retries. A try that runs now goes on. */
  [Symbol.dispose](): void {
    this.#closing.abort(new Error('the removal of servers is closed'));
  }

  #eraseStored(erasure: AdmittedErasure<ServerErasure>) {
    const { guildId } = erasure;
    const { features, guildStore } = this.#sharedDeps;
    return Promise.all([
      this.#eraseWithRetries(guildId, () => guildStore.eraseGuild(erasure), maxEraseMs),
      ...features.all.map((feature) =>
        this.#eraseWithRetries(
          guildId,
          async () => (await feature.eraseServer?.(erasure)) ?? 0,
          eraseTimeoutMs,
        ),
      ),
    ]);
  }

  async #eraseWithRetries(
    guildId: GuildId,
    erase: () => Promise<number>,
    timeoutMs: number,
  ) {
    const deps = this.#deps;
    const { signal } = this.#closing;
    for (let tries = 1; !signal.aborted; tries++) {
      const count = await withStoreTimeout(
        guildId,
        deps,
        'store.unwritable',
        erase,
        timeoutMs,
      );
      if (count !== undefined || tries === maxTries) return count;
      await deps.clock.sleep(retryDelayMs, signal).catch(() => undefined);
    }
    return undefined;
  }
}
