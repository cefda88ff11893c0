import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { MemoryList, MemoryRemoval } from '#src/session/ports/command-ports.ts';
import { withStore } from '#src/session/store-access.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';
import { mayForget } from './memory-actions.ts';

/** Memories of servers, for commands. */
export class SessionMemories {
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;

  constructor(parts: SessionDependencies, sessions: VoiceSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  async list(guildId: string): Promise<MemoryList> {
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const memories = await this.#parts.memories.load(guildId);
    if (!memories) return { kind: 'failed' };
    return { kind: 'read', memories, isOn: settings.in(guildId).memory };
  }

  /** Allowed for its author, the person it is about, and managers of the server. */
  async remove(
    guildId: string,
    number: number,
    by: { readonly id: string; readonly mayManage: boolean },
  ): Promise<MemoryRemoval> {
    const all = await this.#parts.memories.load(guildId);
    if (!all) return { kind: 'failed' };
    const memory = all.find((one) => one.number === number);
    if (!memory) return { kind: 'unknown' };
    if (!mayForget(memory, by.id, by.mayManage)) return { kind: 'denied', author: memory.byName };
    const removed = await withStore(guildId, this.#parts, 'store.unwritable', () =>
      this.#parts.memories.remove(guildId, number),
    );
    if (removed === undefined) return { kind: 'failed' };
    return { kind: removed ? 'removed' : 'unknown' };
  }
}
