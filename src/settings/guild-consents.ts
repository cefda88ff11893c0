import {
  type ChoiceStore,
  type ConsentChange,
  type ConsentPolicy,
  type ConsentState,
  type ConsentStore,
  isRefusal,
  type LeftOutPeopleStore,
  type StoredConsent,
} from '#src/people/consent.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/stores.ts';

const retryMs = 5_000;

type ChoiceDeps<Choice> = {
  readonly guildId: GuildId;
  readonly store: ChoiceStore<Choice>;
  readonly watch: StoreWatch;
  /** Without a person, the stored choices were read. */
  readonly onChange: (personId?: PersonId) => void;
  readonly signal: AbortSignal;
};

type PendingChoice<Choice> = { readonly choice: Choice; isSaved: boolean };

/**
 * One kind of choice of a server's people. A choice counts at once, and is written
 * until stored.
 */
class PeopleChoices<Choice> {
  readonly #deps;
  #stored: Map<string, Choice> | undefined;
  readonly #pending = new Map<string, PendingChoice<Choice>>();
  /** Stored choices so far. A read that began before a save may be older. */
  #saves = 0;

  constructor(deps: ChoiceDeps<Choice>) {
    this.#deps = deps;
  }

  get isLoaded() {
    return this.#stored !== undefined;
  }

  listAll() {
    const said = [...this.#pending].map(([id, { choice }]) => [id, choice] as const);
    return [...new Map([...(this.#stored ?? []), ...said])];
  }

  findChoice(personId: PersonId) {
    return this.#pending.get(personId)?.choice ?? this.#stored?.get(personId);
  }

  findUnsaved(personId: PersonId) {
    const said = this.#pending.get(personId);
    return said?.isSaved === false ? said.choice : undefined;
  }

  /** Saves a choice at once. Returns false if not stored yet, and goes on trying. */
  async saveChoice(personId: PersonId, choice: Choice) {
    const said = { choice, isSaved: false };
    this.#pending.set(personId, said);
    const saving = this.#saveOnce(personId, said, this.#deps.watch);
    this.#deps.onChange(personId);
    if (await saving) return true;
    void this.#saveUntilStored(personId, said);
    return false;
  }

  /** Reads the server's choices unless already read. */
  async readStored() {
    while (!this.#stored) {
      const saves = this.#saves;
      const { guildId, watch, store } = this.#deps;
      const found = await withStoreTimeout(guildId, watch, 'store.unreadable', () =>
        store.read(guildId),
      );
      if (!found) return;
      // A choice was stored meanwhile, so these rows may be older.
      if (saves !== this.#saves) continue;
      this.#stored ??= new Map(found);
      for (const [personId, { isSaved }] of this.#pending)
        if (isSaved) this.#pending.delete(personId);
      this.#deps.onChange();
    }
  }

  reset() {
    this.#stored = undefined;
  }

  async #saveOnce(personId: PersonId, said: PendingChoice<Choice>, parts: StoreWatch) {
    const { guildId, store } = this.#deps;
    await withStoreTimeout(guildId, parts, 'store.unwritable', async () => {
      await store.write(guildId, personId, said.choice);
      said.isSaved = true;
    });
    if (!said.isSaved) return false;
    this.#saves++;
    this.#stored?.set(personId, said.choice);
    if (this.#stored && this.#pending.get(personId) === said)
      this.#pending.delete(personId);
    return true;
  }

  async #saveUntilStored(personId: PersonId, said: PendingChoice<Choice>) {
    const { watch, signal } = this.#deps;
    const { clock } = watch;
    for (;;) {
      await clock.sleep(retryMs, signal).catch(() => undefined);
      if (signal.aborted || this.#pending.get(personId) !== said) return;
      if (await this.#saveOnce(personId, said, { clock, onEvent: () => undefined }))
        return;
    }
  }
}

type ConsentDeps = StoreWatch & { readonly store: ConsentStore };

/** Without a person, the stored consents were read. */
type ConsentListener = (guildId: GuildId, personId?: PersonId) => void;

/** Consents of the people of one server, and people left out of captions. */
export class GuildChoices {
  readonly #consents;
  readonly #leftOut;
  /** People who agreed since the bot came. */
  readonly #pressed = new Set<string>();

  constructor(consents: PeopleChoices<ConsentChange>, leftOut: PeopleChoices<boolean>) {
    this.#consents = consents;
    this.#leftOut = leftOut;
  }

  get isLoaded(): boolean {
    return this.#consents.isLoaded;
  }

  findConsent(personId: PersonId): StoredConsent | undefined {
    return this.#consents.findChoice(personId);
  }

  get answers(): { readonly no: readonly string[]; readonly yes: readonly string[] } {
    const all = this.#consents.listAll();
    const no = all.filter(([, word]) => isRefusal(word)).map(([id]) => id);
    const yes = all.filter(([, word]) => !isRefusal(word)).map(([id]) => id);
    return { no, yes };
  }

  hasRefused(personId: PersonId): boolean {
    return isRefusal(this.findConsent(personId));
  }

  /** Tests whether a person is left out. Undefined while unknown. */
  isLeftOut(personId: PersonId): boolean | undefined {
    return (
      this.#leftOut.findChoice(personId) ?? (this.#leftOut.isLoaded ? false : undefined)
    );
  }

  /** Combines choices with a session's state of consent. */
  toConsentState(
    policy: ConsentPolicy,
    session: Pick<ConsentState, 'callers' | 'isPaused' | 'isLoaded'>,
  ): ConsentState {
    const isLoaded = session.isLoaded && this.isLoaded;
    return {
      ...session,
      ...this.answers,
      policy,
      isLoaded,
      pressed: [...this.#pressed],
    };
  }

  /** Saves a consent at once. Returns false if not stored. */
  async saveConsent(personId: PersonId, word: ConsentChange): Promise<boolean> {
    if (word.kind === 'always') this.#pressed.add(personId);
    // A press takes along the beginning of an erasure that could not be stored yet.
    const { erasesSinceWallMs } = this.#consents.findUnsaved(personId) ?? {};
    return await this.#consents.saveChoice(personId, { erasesSinceWallMs, ...word });
  }

  /** Saves at once whether a person is left out. Returns false if not stored. */
  async saveLeftOut(personId: PersonId, isLeftOut: boolean): Promise<boolean> {
    return await this.#leftOut.saveChoice(personId, isLeftOut);
  }

  /** Reads the server's choices unless already read. Never throws. */
  async readStored() {
    await Promise.all([this.#consents.readStored(), this.#leftOut.readStored()]);
  }

  /** Forgets all choices, so that they are read again. */
  reset() {
    this.#pressed.clear();
    this.#consents.reset();
    this.#leftOut.reset();
  }
}

/** Choices of the people of all servers. A no counts at once in every session of a server. */
export class GuildConsents implements Disposable {
  readonly #deps;
  readonly #leftOutPeople;
  readonly #listener;
  readonly #guilds = new Map<string, GuildChoices>();
  readonly #over = new AbortController();

  constructor(
    deps: ConsentDeps,
    leftOutPeople: LeftOutPeopleStore,
    listener: ConsentListener,
  ) {
    this.#deps = deps;
    this.#leftOutPeople = leftOutPeople;
    this.#listener = listener;
  }

  getChoices(guildId: GuildId): GuildChoices {
    const known = this.#guilds.get(guildId) ?? this.#openChoices(guildId);
    this.#guilds.set(guildId, known);
    return known;
  }

  forgetServer(guildId: GuildId) {
    this.#guilds.delete(guildId);
  }

  [Symbol.dispose]() {
    this.#over.abort(new Error('the sessions are closed'));
  }

  #openChoices(guildId: GuildId) {
    const deps = this.#deps;
    const notifyListener = (personId?: PersonId) => this.#listener(guildId, personId);
    const common = {
      guildId,
      watch: deps,
      onChange: notifyListener,
      signal: this.#over.signal,
    };
    return new GuildChoices(
      new PeopleChoices({ ...common, store: deps.store }),
      new PeopleChoices({ ...common, store: this.#leftOutPeople }),
    );
  }
}
