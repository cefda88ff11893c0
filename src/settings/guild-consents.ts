import {
  type ChoiceStore,
  type ConsentPolicy,
  type ConsentState,
  type ConsentStore,
  isNo,
  type SaidConsent,
  type StoredConsent,
} from '#src/people/consent.ts';
import type { LeftOutPeopleStore } from '#src/people/left-out-people.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';

/** Pause, in ms, after which a choice that could not be stored is written again. */
const againMs = 5_000;

/** One kind of choice in one server. */
type ChoiceParts<Choice> = {
  readonly guildId: GuildId;
  readonly store: ChoiceStore<Choice>;
  readonly parts: StoreWatch;
  /** Told of each choice at once; without a person, that the stored ones were read. */
  readonly changed: (personId?: PersonId) => void;
  /** Aborted when nothing is written any more. */
  readonly signal: AbortSignal;
};

type SaidChoice<Choice> = { readonly choice: Choice; isSaved: boolean };

/** One kind of choice of the people of one server. A choice counts before it is stored, and is written until it is. */
class PersonChoices<Choice> {
  readonly #parts;
  #stored: Map<string, Choice> | undefined;
  /** Newer than what was read. */
  readonly #said = new Map<string, SaidChoice<Choice>>();
  /** Number of choices that were stored: what was read meanwhile may be older. */
  #saves = 0;

  constructor(parts: ChoiceParts<Choice>) {
    this.#parts = parts;
  }

  get isRead(): boolean {
    return this.#stored !== undefined;
  }

  /** All that are known. */
  all(): readonly (readonly [string, Choice])[] {
    const said = [...this.#said].map(([id, { choice }]) => [id, choice] as const);
    return [...new Map([...(this.#stored ?? []), ...said])];
  }

  of(personId: PersonId): Choice | undefined {
    return this.#said.get(personId)?.choice ?? this.#stored?.get(personId);
  }

  /** Latest choice, as long as it is not stored. */
  unsaved(personId: PersonId): Choice | undefined {
    const said = this.#said.get(personId);
    return said?.isSaved === false ? said.choice : undefined;
  }

  /** Counts from now on; whether it is stored. What is not is written as soon as that is possible. */
  async say(personId: PersonId, choice: Choice): Promise<boolean> {
    const said = { choice, isSaved: false };
    this.#said.set(personId, said);
    const saving = this.#save(personId, said, this.#parts.parts);
    this.#parts.changed(personId);
    if (await saving) return true;
    void this.#saveLater(personId, said);
    return false;
  }

  /** Reads what is stored, until it was read once. */
  async read(): Promise<void> {
    while (!this.#stored) {
      const saves = this.#saves;
      const { guildId, parts, store } = this.#parts;
      const read = () => store.read(guildId);
      const found = await withStoreTimeout(guildId, parts, 'store.unreadable', read);
      if (!found) return;
      if (saves !== this.#saves) continue;
      this.#stored ??= new Map(found);
      for (const [personId, { isSaved }] of this.#said) if (isSaved) this.#said.delete(personId);
      this.#parts.changed();
    }
  }

  reset(): void {
    this.#stored = undefined;
  }

  async #save(personId: PersonId, said: SaidChoice<Choice>, parts: StoreWatch): Promise<boolean> {
    const { guildId, store } = this.#parts;
    await withStoreTimeout(guildId, parts, 'store.unwritable', async () => {
      await store.write(guildId, personId, said.choice);
      said.isSaved = true;
    });
    if (!said.isSaved) return false;
    this.#saves++;
    this.#stored?.set(personId, said.choice);
    if (this.#stored && this.#said.get(personId) === said) this.#said.delete(personId);
    return true;
  }

  async #saveLater(personId: PersonId, said: SaidChoice<Choice>) {
    const { parts, signal } = this.#parts;
    const { clock } = parts;
    for (;;) {
      await clock.sleep(againMs, signal).catch(() => undefined);
      if (signal.aborted || this.#said.get(personId) !== said) return;
      if (await this.#save(personId, said, { clock, onEvent: () => undefined })) return;
    }
  }
}

/** Store of consents, and its watch. */
type ConsentParts = StoreWatch & { readonly store: ConsentStore };

/** Tells the sessions of a server that a person said something; without a person, that what is stored was read. */
type ConsentListener = (guildId: GuildId, personId?: PersonId) => void;

/** Choices of the people of one server. */
export class GuildChoices {
  readonly #consents;
  readonly #leftOut;
  /** People who agreed since the bot came. */
  readonly #pressed = new Set<string>();

  constructor(consents: PersonChoices<SaidConsent>, leftOut: PersonChoices<boolean>) {
    this.#consents = consents;
    this.#leftOut = leftOut;
  }

  get isRead(): boolean {
    return this.#consents.isRead;
  }

  wordOf(personId: PersonId): StoredConsent | undefined {
    return this.#consents.of(personId);
  }

  /** People who said yes, and people who said no. */
  get stored(): { readonly no: readonly string[]; readonly yes: readonly string[] } {
    const all = this.#consents.all();
    const no = all.filter(([, word]) => isNo(word)).map(([id]) => id);
    const yes = all.filter(([, word]) => !isNo(word)).map(([id]) => id);
    return { no, yes };
  }

  saidNo(personId: PersonId): boolean {
    return isNo(this.wordOf(personId));
  }

  /** Whether this person is left out of captions; undefined while it is not known. */
  isLeftOut(personId: PersonId): boolean | undefined {
    return this.#leftOut.of(personId) ?? (this.#leftOut.isRead ? false : undefined);
  }

  /** Who is heard under a policy, with what was said for one session, whose settings may be unread. */
  under(
    policy: ConsentPolicy,
    session: Pick<ConsentState, 'callers' | 'isPaused' | 'isRead'>,
  ): ConsentState {
    const isRead = session.isRead && this.isRead;
    return { ...session, ...this.stored, policy, isRead, pressed: [...this.#pressed] };
  }

  /** Counts from now on; whether it is stored. */
  async say(personId: PersonId, word: SaidConsent): Promise<boolean> {
    if (word.kind === 'always') this.#pressed.add(personId);
    // A press takes along the beginning of an erasure that could not be stored yet.
    const { erasesSinceWallMs } = this.#consents.unsaved(personId) ?? {};
    return await this.#consents.say(personId, { erasesSinceWallMs, ...word });
  }

  /** As `say`. */
  async leaveOut(personId: PersonId, isLeftOut: boolean): Promise<boolean> {
    return await this.#leftOut.say(personId, isLeftOut);
  }

  /** Reads what is stored, until that was read once. Never throws. */
  async recall(): Promise<void> {
    await Promise.all([this.#consents.read(), this.#leftOut.read()]);
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
  readonly #parts;
  readonly #leftOutPeople;
  readonly #listener;
  readonly #guilds = new Map<string, GuildChoices>();
  readonly #over = new AbortController();

  constructor(parts: ConsentParts, leftOutPeople: LeftOutPeopleStore, listener: ConsentListener) {
    this.#parts = parts;
    this.#leftOutPeople = leftOutPeople;
    this.#listener = listener;
  }

  in(guildId: GuildId): GuildChoices {
    const known = this.#guilds.get(guildId) ?? this.#open(guildId);
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

  #open(guildId: GuildId): GuildChoices {
    const parts = this.#parts;
    const changed = (personId?: PersonId) => this.#listener(guildId, personId);
    const common = { guildId, parts, changed, signal: this.#over.signal };
    return new GuildChoices(
      new PersonChoices({ ...common, store: parts.store }),
      new PersonChoices({ ...common, store: this.#leftOutPeople }),
    );
  }
}
