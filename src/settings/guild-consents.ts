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
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';

/** Pause, in ms, after which a choice that could not be stored is written again. */
const retryMs = 5_000;

/** One kind of choice in one server. */
type ChoiceDeps<Choice> = {
  readonly guildId: GuildId;
  readonly store: ChoiceStore<Choice>;
  readonly watch: StoreWatch;
  /** Told of each choice at once; without a person, that the stored ones were read. */
  readonly onChange: (personId?: PersonId) => void;
  /** Aborted when nothing is written any more. */
  readonly signal: AbortSignal;
};

type PendingChoice<Choice> = { readonly choice: Choice; isSaved: boolean };

/** One kind of choice of the people of one server. A choice counts before it is stored, and is written until it is. */
class PersonChoices<Choice> {
  readonly #deps;
  #stored: Map<string, Choice> | undefined;
  /** Newer than what was read. */
  readonly #pending = new Map<string, PendingChoice<Choice>>();
  /** Number of choices that were stored: what was read meanwhile may be older. */
  #saves = 0;

  constructor(deps: ChoiceDeps<Choice>) {
    this.#deps = deps;
  }

  get isRead(): boolean {
    return this.#stored !== undefined;
  }

  /** All that are known. */
  listAll(): readonly (readonly [string, Choice])[] {
    const said = [...this.#pending].map(([id, { choice }]) => [id, choice] as const);
    return [...new Map([...(this.#stored ?? []), ...said])];
  }

  findChoice(personId: PersonId): Choice | undefined {
    return this.#pending.get(personId)?.choice ?? this.#stored?.get(personId);
  }

  /** Latest choice, as long as it is not stored. */
  findUnsaved(personId: PersonId): Choice | undefined {
    const said = this.#pending.get(personId);
    return said?.isSaved === false ? said.choice : undefined;
  }

  /** Counts from now on; whether it is stored. What is not is written as soon as that is possible. */
  async saveChoice(personId: PersonId, choice: Choice): Promise<boolean> {
    const said = { choice, isSaved: false };
    this.#pending.set(personId, said);
    const saving = this.#saveOnce(personId, said, this.#deps.watch);
    this.#deps.onChange(personId);
    if (await saving) return true;
    void this.#saveUntilStored(personId, said);
    return false;
  }

  /** Reads what is stored, until it was read once. */
  async readStored(): Promise<void> {
    while (!this.#stored) {
      const saves = this.#saves;
      const { guildId, watch, store } = this.#deps;
      const read = () => store.read(guildId);
      const found = await withStoreTimeout(guildId, watch, 'store.unreadable', read);
      if (!found) return;
      if (saves !== this.#saves) continue;
      this.#stored ??= new Map(found);
      for (const [personId, { isSaved }] of this.#pending)
        if (isSaved) this.#pending.delete(personId);
      this.#deps.onChange();
    }
  }

  reset(): void {
    this.#stored = undefined;
  }

  async #saveOnce(
    personId: PersonId,
    said: PendingChoice<Choice>,
    parts: StoreWatch,
  ): Promise<boolean> {
    const { guildId, store } = this.#deps;
    await withStoreTimeout(guildId, parts, 'store.unwritable', async () => {
      await store.write(guildId, personId, said.choice);
      said.isSaved = true;
    });
    if (!said.isSaved) return false;
    this.#saves++;
    this.#stored?.set(personId, said.choice);
    if (this.#stored && this.#pending.get(personId) === said) this.#pending.delete(personId);
    return true;
  }

  async #saveUntilStored(personId: PersonId, said: PendingChoice<Choice>) {
    const { watch, signal } = this.#deps;
    const { clock } = watch;
    for (;;) {
      await clock.sleep(retryMs, signal).catch(() => undefined);
      if (signal.aborted || this.#pending.get(personId) !== said) return;
      if (await this.#saveOnce(personId, said, { clock, onEvent: () => undefined })) return;
    }
  }
}

/** Store of consents, and its watch. */
type ConsentDeps = StoreWatch & { readonly store: ConsentStore };

/** Tells the sessions of a server that a person said something; without a person, that what is stored was read. */
type ConsentListener = (guildId: GuildId, personId?: PersonId) => void;

/** Choices of the people of one server. */
export class GuildChoices {
  readonly #consents;
  readonly #leftOut;
  /** People who agreed since the bot came. */
  readonly #pressed = new Set<string>();

  constructor(consents: PersonChoices<ConsentChange>, leftOut: PersonChoices<boolean>) {
    this.#consents = consents;
    this.#leftOut = leftOut;
  }

  get isRead(): boolean {
    return this.#consents.isRead;
  }

  findConsent(personId: PersonId): StoredConsent | undefined {
    return this.#consents.findChoice(personId);
  }

  /** People who said yes, and people who said no. */
  get answers(): { readonly no: readonly string[]; readonly yes: readonly string[] } {
    const all = this.#consents.listAll();
    const no = all.filter(([, word]) => isRefusal(word)).map(([id]) => id);
    const yes = all.filter(([, word]) => !isRefusal(word)).map(([id]) => id);
    return { no, yes };
  }

  hasRefused(personId: PersonId): boolean {
    return isRefusal(this.findConsent(personId));
  }

  /** Whether this person is left out of captions; undefined while it is not known. */
  isLeftOut(personId: PersonId): boolean | undefined {
    return this.#leftOut.findChoice(personId) ?? (this.#leftOut.isRead ? false : undefined);
  }

  /** Who is heard under a policy, with what was said for one session, whose settings may be unread. */
  toConsentState(
    policy: ConsentPolicy,
    session: Pick<ConsentState, 'callers' | 'isPaused' | 'isRead'>,
  ): ConsentState {
    const isRead = session.isRead && this.isRead;
    return { ...session, ...this.answers, policy, isRead, pressed: [...this.#pressed] };
  }

  /** Counts from now on; whether it is stored. */
  async saveConsent(personId: PersonId, word: ConsentChange): Promise<boolean> {
    if (word.kind === 'always') this.#pressed.add(personId);
    // A press takes along the beginning of an erasure that could not be stored yet.
    const { erasesSinceWallMs } = this.#consents.findUnsaved(personId) ?? {};
    return await this.#consents.saveChoice(personId, { erasesSinceWallMs, ...word });
  }

  /** As `say`. */
  async saveLeftOut(personId: PersonId, isLeftOut: boolean): Promise<boolean> {
    return await this.#leftOut.saveChoice(personId, isLeftOut);
  }

  /** Reads what is stored, until that was read once. Never throws. */
  async readStored(): Promise<void> {
    await Promise.all([this.#consents.readStored(), this.#leftOut.readStored()]);
  }

  /** To be called where the bot does not sit: what was read is read anew. */
  reset(): void {
    this.#pressed.clear();
    this.#consents.reset();
    this.#leftOut.reset();
  }
}

/**
 * Owner of what the people of each server said about being heard and captioned: a no counts at once in every session there, those
 * included that begin before it is stored.
 */
export class GuildConsents implements Disposable {
  readonly #deps;
  readonly #leftOutPeople;
  readonly #listener;
  readonly #guilds = new Map<string, GuildChoices>();
  readonly #over = new AbortController();

  constructor(deps: ConsentDeps, leftOutPeople: LeftOutPeopleStore, listener: ConsentListener) {
    this.#deps = deps;
    this.#leftOutPeople = leftOutPeople;
    this.#listener = listener;
  }

  getChoices(guildId: GuildId): GuildChoices {
    const known = this.#guilds.get(guildId) ?? this.#openChoices(guildId);
    this.#guilds.set(guildId, known);
    return known;
  }

  /** The server removed the bot. */
  forgetServer(guildId: GuildId): void {
    this.#guilds.delete(guildId);
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('the sessions are closed'));
  }

  #openChoices(guildId: GuildId): GuildChoices {
    const deps = this.#deps;
    const notifyListener = (personId?: PersonId) => this.#listener(guildId, personId);
    const common = { guildId, watch: deps, onChange: notifyListener, signal: this.#over.signal };
    return new GuildChoices(
      new PersonChoices({ ...common, store: deps.store }),
      new PersonChoices({ ...common, store: this.#leftOutPeople }),
    );
  }
}
