/** Runs tasks of one guild in order, and of different guilds at the same time. */
export class GuildTaskQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs work after earlier work of the guild. Settles as `work` does. */
  run<T>(guildId: GuildId, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(guildId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const forget = () => {
      if (this.#last.get(guildId) === settled) this.#last.delete(guildId);
    };
    const settled = mine.then(forget, forget);
    this.#last.set(guildId, settled);
    return mine;
  }
}
