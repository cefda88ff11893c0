/** Names remembered at most; people beyond it are shown by id. */
const mostNames = 1_000;

/** Names of those who asked something, by server and person; those who asked last. */
export class AskerNames {
  readonly #names = new Map<string, string>();

  set(guildId: string, personId: string, name: string): void {
    const key = keyOf(guildId, personId);
    this.#names.delete(key);
    this.#names.set(key, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > mostNames && oldest !== undefined) this.#names.delete(oldest);
  }

  of(guildId: string, personId: string): string | undefined {
    return this.#names.get(keyOf(guildId, personId));
  }

  forget(guildId: string, personId: string): void {
    this.#names.delete(keyOf(guildId, personId));
  }
}

function keyOf(guildId: string, personId: string): string {
  return JSON.stringify([guildId, personId]);
}
