import type { GuildId } from '#src/base/ids.ts';

/** Runs tasks of one guild in order, and of different guilds at the same time. */
export function createGuildTaskQueue() {
  const last = new Map<string, Promise<unknown>>();

  return {
    /** Runs work after earlier work of the guild. Settles as `work` does. */
    run<T>(guildId: GuildId, work: () => Promise<T>): Promise<T> {
      const before = last.get(guildId) ?? Promise.resolve();
      const mine = before.then(work, work);
      const forget = () => {
        if (last.get(guildId) === settled) last.delete(guildId);
      };
      const settled = mine.then(forget, forget);
      last.set(guildId, settled);
      return mine;
    },
  };
}
