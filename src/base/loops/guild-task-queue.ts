/** Runs what concerns one server in order of its request, one after the other. */
export class GuildTaskQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Resolves or throws as `work` does. */
  run<T>(guildId: GuildId, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(guildId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const forget = () => {
      if (this.#last.get(guildId) === settled) this.#last.delete(guildId);
    };
    const settled: Promise<void> = mine.then(forget, forget);
    this.#last.set(guildId, settled);
    return mine;
  }
}
