import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';

/** Pause, in ms, after which a choice that could not be stored is written again. */
const againMs = 5_000;

/** Store of one kind of choice in one server. */
type ChoiceStore<Choice> = {
  readonly guildId: string;
  readonly parts: StoreWatch;
  /** Told of each choice at once; without a person, that the stored ones were read. */
  readonly changed: (personId?: string) => void;
  /** Errors: BotError `store.unreadable`. */
  readonly read: () => Promise<ReadonlyMap<string, Choice>>;
  /** Errors: BotError `store.unwritable`. */
  readonly write: (personId: string, choice: Choice) => Promise<void>;
  /** Aborted when nothing is written any more. */
  readonly signal: AbortSignal;
};

type SaidChoice<Choice> = { readonly choice: Choice; isSaved: boolean };

/** One kind of choice of the people of one server. A choice counts before it is stored, and is written until it is. */
export class PersonChoices<Choice> {
  readonly #store: ChoiceStore<Choice>;
  #stored: Map<string, Choice> | undefined;
  /** Newer than what was read. */
  readonly #said = new Map<string, SaidChoice<Choice>>();
  /** Number of choices that were stored: what was read meanwhile may be older. */
  #saves = 0;

  constructor(store: ChoiceStore<Choice>) {
    this.#store = store;
  }

  get isRead(): boolean {
    return this.#stored !== undefined;
  }

  /** All that are known. */
  all(): readonly (readonly [string, Choice])[] {
    const said = [...this.#said].map(([id, { choice }]) => [id, choice] as const);
    return [...new Map([...(this.#stored ?? []), ...said])];
  }

  of(personId: string): Choice | undefined {
    return this.#said.get(personId)?.choice ?? this.#stored?.get(personId);
  }

  /** Counts from now on; whether it is stored. What is not is written as soon as that is possible. */
  async say(personId: string, choice: Choice): Promise<boolean> {
    const said = { choice, isSaved: false };
    this.#said.set(personId, said);
    const saving = this.#save(personId, said, this.#store.parts);
    this.#store.changed(personId);
    if (await saving) return true;
    void this.#saveLater(personId, said);
    return false;
  }

  /** Reads what is stored, until it was read once. */
  async read(): Promise<void> {
    while (!this.#stored) {
      const saves = this.#saves;
      const { guildId, parts, read } = this.#store;
      const found = await withStoreTimeout(guildId, parts, 'store.unreadable', read);
      if (!found) return;
      if (saves !== this.#saves) continue;
      this.#stored ??= new Map(found);
      for (const [personId, { isSaved }] of this.#said) if (isSaved) this.#said.delete(personId);
      this.#store.changed();
    }
  }

  reset(): void {
    this.#stored = undefined;
  }

  /** A choice that another process stored, unless the present one is as good or newer. */
  learn(
    personId: string,
    choice: Choice,
    isAsGood: (present: Choice | undefined) => boolean,
  ): void {
    if (this.#said.has(personId) || isAsGood(this.of(personId))) return;
    this.#stored?.set(personId, choice);
    this.#store.changed(personId);
  }

  async #save(personId: string, said: SaidChoice<Choice>, parts: StoreWatch): Promise<boolean> {
    const { guildId, write } = this.#store;
    await withStoreTimeout(guildId, parts, 'store.unwritable', async () => {
      await write(personId, said.choice);
      said.isSaved = true;
    });
    if (!said.isSaved) return false;
    this.#saves++;
    this.#stored?.set(personId, said.choice);
    if (this.#stored && this.#said.get(personId) === said) this.#said.delete(personId);
    return true;
  }

  async #saveLater(personId: string, said: SaidChoice<Choice>): Promise<void> {
    const { parts, signal } = this.#store;
    const { clock } = parts;
    for (;;) {
      await clock.sleep(againMs, signal).catch(() => undefined);
      if (signal.aborted || this.#said.get(personId) !== said) return;
      if (await this.#save(personId, said, { clock, onEvent: () => undefined })) return;
    }
  }
}
