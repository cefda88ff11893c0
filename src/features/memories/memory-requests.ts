import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { MemoryCache } from './memory-cache.ts';
import { memorySetting } from './memory-setting.ts';
import type { MemoryList, MemoryRemoval } from './memory-store.ts';
import { mayForget } from './memory-tools.ts';

/** Requests of commands about the memories of servers. */
export class MemoryRequests {
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;

  constructor(parts: SessionDependencies, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  get #memories(): MemoryCache {
    return this.#sessions.features.ports.memoryCache;
  }

  async list(guildId: string): Promise<MemoryList> {
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const memories = await this.#memories.load(guildId);
    if (!memories) return { kind: 'failed' };
    return { kind: 'read', memories, isOn: settings.in(guildId).of(memorySetting) };
  }

  /** Allowed for its author, the person it is about, and managers of the server. */
  async remove(
    guildId: string,
    number: number,
    by: { readonly id: string; readonly mayManage: boolean },
  ): Promise<MemoryRemoval> {
    const all = await this.#memories.load(guildId);
    if (!all) return { kind: 'failed' };
    const memory = all.find((one) => one.number === number);
    if (!memory) return { kind: 'unknown' };
    if (!mayForget(memory, by.id, by.mayManage)) return { kind: 'denied', author: memory.byName };
    const removed = await withStoreTimeout(guildId, this.#parts, 'store.unwritable', () =>
      this.#memories.remove(guildId, number),
    );
    if (removed === undefined) return { kind: 'failed' };
    return { kind: removed ? 'removed' : 'unknown' };
  }
}
