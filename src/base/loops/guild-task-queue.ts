import type { GuildId } from '#src/base/ids.ts';

/** Runs tasks of one guild in order, and of different guilds at the same time. */
export class GuildTaskQueue {
  readonly #lastTasks = new Map<GuildId, Promise<unknown>>();

  /** Runs work after earlier work of the guild. Settles as `work` does. */
  run<T>(guildId: GuildId, work: () => Promise<T>): Promise<T> {
    const earlierWork = this.#lastTasks.get(guildId) ?? Promise.resolve();
    const result = earlierWork.then(work, work);
    const forgetTask = () => {
      if (this.#lastTasks.get(guildId) === settled) this.#lastTasks.delete(guildId);
    };
    const settled = result.then(forgetTask, forgetTask);
    this.#lastTasks.set(guildId, settled);
    return result;
  }
}
