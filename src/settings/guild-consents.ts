import type { GuildId, PersonId } from '#src/base/ids.ts';
import {
  type ChoiceStore,
  type Consent,
  type ConsentChange,
  type ConsentPolicy,
  type ConsentState,
  type ConsentStore,
  isRefusal,
  type LeftOutPeopleStore,
  type StoredConsent,
  type ToldPeopleStore,
  toConsent,
  toHearingFacts,
} from '#src/people/consent.ts';
import { ErasedWords } from '#src/people/owned.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { conversationSettings } from './guild-settings.ts';
import type { StoredSettings } from './stored-settings.ts';
import { ToldPeople } from './told-people.ts';

const retryMs = 5_000;

type ChoiceDeps<Choice> = {
  /** A choice that changes nothing for sessions. */
  readonly isRepeated: (choice: Choice, former: Choice) => boolean;
  /** A choice that stays known while the stored ones cannot be read anew. */
  readonly isLasting: (choice: Choice) => boolean;
  /** A choice that is stored already. */
  readonly isSame: (choice: Choice, former: Choice) => boolean;
  readonly guildId: GuildId;
  readonly store: ChoiceStore<Choice>;
  readonly watch: StoreWatch;
  /** Without a person, the stored choices were read. */
  readonly onChange: (personId?: PersonId) => void;
  readonly signal: AbortSignal;
};

type PendingChoice<Choice> = { readonly choice: Choice; isSaved: boolean };

/**
 * Keeps one kind of choice of a server's people. A choice counts at once, and is written
 * until stored.
 */
class PeopleChoices<Choice> {
  readonly #deps: ChoiceDeps<Choice>;
  #stored: Map<PersonId, Choice> | undefined;
  /** Lasting choices of the last read, until the next one. */
  #lasting: ReadonlyMap<PersonId, Choice> = new Map();
  readonly #pending = new Map<PersonId, PendingChoice<Choice>>();
  /** Stored choices so far. A read that began before a save may be older. */
  #saveCount = 0;

  constructor(deps: ChoiceDeps<Choice>) {
    this.#deps = deps;
  }

  /** Returns whether the stored choices are known. */
  get isLoaded(): boolean {
    return this.#stored !== undefined;
  }

  get #known() {
    return this.#stored ?? this.#lasting;
  }

  /** Lists known choices. One that waits to be stored replaces the stored one. */
  listChoices(): readonly (readonly [PersonId, Choice])[] {
    const pending = [...this.#pending].map(([id, { choice }]) => [id, choice] as const);
    return [...new Map([...this.#known, ...pending])];
  }

  /** Finds the latest choice of a person. */
  findChoice(personId: PersonId): Choice | undefined {
    return this.#pending.get(personId)?.choice ?? this.#known.get(personId);
  }

  /** Finds a choice that is not stored yet. */
  findUnsaved(personId: PersonId): Choice | undefined {
    const pending = this.#pending.get(personId);
    return pending?.isSaved === false ? pending.choice : undefined;
  }

  /**
   * Saves a choice at once. Returns false if not stored yet, and goes on trying. The same choice again is not written, and a
   * repeated one is told to no listener.
   */
  async saveChoice(personId: PersonId, choice: Choice): Promise<boolean> {
    const { isRepeated: repeats, isSame } = this.#deps;
    const former = this.findChoice(personId);
    const isRepeated = former !== undefined && repeats(choice, former);
    const isStored = this.findUnsaved(personId) === undefined;
    if (isRepeated && isStored && isSame(choice, former)) return true;
    const pending = { choice, isSaved: false };
    this.#pending.set(personId, pending);
    const saving = this.#saveOnce(personId, pending, this.#deps.watch);
    if (!isRepeated) this.#deps.onChange(personId);
    if (await saving) return true;
    void this.#saveUntilStored(personId, pending);
    return false;
  }

  /** Reads the server's choices unless already read. Never throws. */
  async readStored(): Promise<void> {
    while (!this.#stored) {
      const saveCountBefore = this.#saveCount;
      const { guildId, watch, store } = this.#deps;
      const choices = await withStoreTimeout(guildId, watch, 'store.unreadable', () =>
        store.read(guildId),
      );
      if (!choices) return;
      // A choice was stored meanwhile, so these rows may be older.
      if (saveCountBefore === this.#saveCount) this.#acceptStored(new Map(choices));
    }
  }

  /** Has the stored choices read anew. Lasting choices stay until then, and those that wait to be stored until they are. */
  reset(): void {
    const lasting = [...this.#known].filter(([, choice]) =>
      this.#deps.isLasting(choice),
    );
    this.#lasting = new Map(lasting);
    this.#stored = undefined;
  }

  async #saveOnce(
    personId: PersonId,
    pending: PendingChoice<Choice>,
    watch: StoreWatch,
  ) {
    const { guildId, store } = this.#deps;
    pending.isSaved = await tryWrite(guildId, watch, () =>
      store.write(guildId, personId, pending.choice),
    );
    if (!pending.isSaved) return false;
    this.#saveCount++;
    // A newer choice may be stored sooner: the journal takes a no while the database still writes the yes before it.
    if (this.#stored && this.#pending.get(personId) === pending) {
      this.#stored.set(personId, pending.choice);
      this.#pending.delete(personId);
    }
    return true;
  }

  async #saveUntilStored(personId: PersonId, pending: PendingChoice<Choice>) {
    const { watch, signal } = this.#deps;
    const { clock } = watch;
    // The first failure was reported.
    const silentWatch = { clock, onEvent: () => undefined };
    for (;;) {
      await clock.sleep(retryMs, signal).catch(() => undefined);
      if (signal.aborted || this.#pending.get(personId) !== pending) return;
      if (await this.#saveOnce(personId, pending, silentWatch)) return;
    }
  }

  #acceptStored(choices: Map<PersonId, Choice>) {
    this.#stored ??= choices;
    for (const [personId, { isSaved }] of this.#pending)
      if (isSaved) this.#pending.delete(personId);
    this.#deps.onChange();
  }
}

/** Keeps consents of the people of one server, people left out of captions, and people told of the policy. */
export class GuildChoices {
  /** People told how the policy hears them. */
  readonly told: ToldPeople;
  /** People whose words were erased, for answers that wait. A no and leaving the captions count too. */
  readonly erasedWords: ErasedWords;
  readonly #consents: PeopleChoices<ConsentChange>;
  readonly #leftOut: PeopleChoices<boolean>;
  /** People who agreed since the bot came. */
  readonly #pressed = new Set<PersonId>();
  readonly #withdrawals = new Map<PersonId, AbortController>();
  /** People who were forgotten and did not agree since. */
  readonly #forgotten = new Set<PersonId>();

  constructor(
    consents: PeopleChoices<ConsentChange>,
    leftOut: PeopleChoices<boolean>,
    told: ToldPeople,
    erasedWords: ErasedWords,
  ) {
    this.told = told;
    this.erasedWords = erasedWords;
    this.#consents = consents;
    this.#leftOut = leftOut;
  }

  /** Returns whether the stored consents are known. Until then a no may be missing. */
  get isLoaded(): boolean {
    return this.#consents.isLoaded && this.told.isLoaded;
  }

  /** Lists people by their latest answer in this server. */
  get answers(): Pick<ConsentState, 'no' | 'yes'> {
    const choices = this.#consents.listChoices();
    const no = choices.filter(([, word]) => isRefusal(word)).map(([id]) => id);
    const yes = choices.filter(([, word]) => !isRefusal(word)).map(([id]) => id);
    return { no, yes };
  }

  /** Finds the latest answer of a person. */
  findConsent(personId: PersonId): StoredConsent | undefined {
    return this.#consents.findChoice(personId);
  }

  /** Tests whether the latest known answer of a person is a no. */
  hasRefused(personId: PersonId): boolean {
    return isRefusal(this.findConsent(personId));
  }

  /** Tests whether a person was forgotten and did not agree since: nothing in the talk of others is theirs. */
  wasForgotten(personId: PersonId): boolean {
    const isForgotten = this.findConsent(personId)?.kind === 'forgotten';
    return isForgotten || this.#forgotten.has(personId);
  }

  /** Tests whether captions leave a person out. Undefined while unknown. */
  isLeftOut(personId: PersonId): boolean | undefined {
    return (
      this.#leftOut.findChoice(personId) ?? (this.#leftOut.isLoaded ? false : undefined)
    );
  }

  /** Gets the signal that aborts when this person says no, in a session or without one. */
  getWithdrawal(personId: PersonId): AbortSignal {
    const controller = this.#withdrawals.get(personId) ?? new AbortController();
    this.#withdrawals.set(personId, controller);
    return controller.signal;
  }

  /** Combines choices with a session's state of consent. */
  toConsentState(
    policy: ConsentPolicy,
    session: Pick<ConsentState, 'callers' | 'isPaused' | 'isLoaded' | 'told'>,
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
    else this.#withdraw(personId);
    if (word.kind === 'always') this.#forgotten.delete(personId);
    else if (word.kind === 'forgotten') this.#forgotten.add(personId);
    // A press takes along the beginning of an erasure that could not be stored yet.
    const { erasesSinceWallMs } = this.#consents.findUnsaved(personId) ?? {};
    return await this.#consents.saveChoice(personId, { erasesSinceWallMs, ...word });
  }

  /** Leaves a person out of captions, or includes them again. Returns false if not stored. */
  async saveLeftOut(personId: PersonId, isLeftOut: boolean): Promise<boolean> {
    if (isLeftOut) this.erasedWords.noteErasure(personId);
    return await this.#leftOut.saveChoice(personId, isLeftOut);
  }

  /** Reads the server's choices unless already read. Never throws. */
  async readStored(): Promise<void> {
    await Promise.all([
      this.#consents.readStored(),
      this.#leftOut.readStored(),
      this.told.readStored(),
    ]);
  }

  /** Has all choices read anew, and forgets presses of this session. */
  reset(): void {
    this.#pressed.clear();
    this.#consents.reset();
    this.#leftOut.reset();
    this.told.reset();
  }

  #withdraw(personId: PersonId) {
    this.erasedWords.noteErasure(personId);
    this.#withdrawals.get(personId)?.abort(new Error('the author said no'));
    this.#withdrawals.delete(personId);
  }
}

type ConsentDeps = StoreWatch & { readonly store: ConsentStore };

/** Keeps the choices of the people of all servers. A no counts at once in every session of a server. */
export class GuildConsents implements Disposable {
  readonly #deps: ConsentDeps;
  readonly #leftOutPeople: LeftOutPeopleStore;
  readonly #toldPeople: ToldPeopleStore;
  readonly #settings: Pick<StoredSettings, 'getForGuild' | 'isLoaded'>;
  readonly #hasSession: (guildId: GuildId) => boolean;
  readonly #onChange: (guildId: GuildId, personId?: PersonId) => void;
  readonly #guilds = new Map<GuildId, GuildChoices>();
  readonly #over = new AbortController();

  /**
   * `hasSession` is also true during a join, a retry or a move. `onChange` comes without
   * a person when stored consents were read.
   */
  constructor(
    deps: ConsentDeps,
    {
      leftOutPeople,
      toldPeople,
    }: {
      readonly leftOutPeople: LeftOutPeopleStore;
      readonly toldPeople: ToldPeopleStore;
    },
    settings: Pick<StoredSettings, 'getForGuild' | 'isLoaded'>,
    hasSession: (guildId: GuildId) => boolean,
    onChange: (guildId: GuildId, personId?: PersonId) => void,
  ) {
    this.#deps = deps;
    this.#leftOutPeople = leftOutPeople;
    this.#toldPeople = toldPeople;
    this.#settings = settings;
    this.#hasSession = hasSession;
    this.#onChange = onChange;
  }

  /** Returns the choices of a server, which are empty before the first read. */
  getChoices(guildId: GuildId): GuildChoices {
    const choices = this.#guilds.get(guildId) ?? this.#openChoices(guildId);
    this.#guilds.set(guildId, choices);
    return choices;
  }

  /** Has choices read anew where the bot does not sit. */
  renewChoices(guildId: GuildId): GuildChoices {
    const choices = this.getChoices(guildId);
    if (!this.#hasSession(guildId)) choices.reset();
    return choices;
  }

  /** Loads a server's consents, anew where the bot does not sit. Never throws. */
  async loadChoices(guildId: GuildId): Promise<GuildChoices> {
    const choices = this.renewChoices(guildId);
    await choices.readStored();
    return choices;
  }

  /** Ends what people of a server were told of rules that its settings have replaced, also where the bot does not sit. */
  endFormerRules(guildId: GuildId): void {
    if (!this.#settings.isLoaded(guildId)) return;
    const { consent } = this.#settings.getForGuild(guildId);
    const rules = conversationSettings.consent.formatValue(consent);
    this.getChoices(guildId).told.keepRules(rules);
  }

  /**
   * Gets a person's consent in a server, as the consent will be once the person is told of the policy. `callers` agreed in a
   * session there.
   */
  getConsent(
    guildId: GuildId,
    person: Pick<ChannelMember, 'id' | 'roleIds'>,
    callers: readonly PersonId[] = [],
  ): Consent {
    const { policy, roleId } = this.#settings.getForGuild(guildId).consent;
    const session = {
      callers,
      told: [person.id],
      isPaused: false,
      isLoaded: this.#settings.isLoaded(guildId),
    };
    const consent = this.getChoices(guildId).toConsentState(policy, session);
    const hasRole = roleId !== undefined && person.roleIds.includes(roleId);
    return toConsent(toHearingFacts(consent, person.id, hasRole));
  }

  /** Forgets the choices of a server that the bot has left. */
  forgetServer(guildId: GuildId): void {
    this.#guilds.delete(guildId);
  }

  /** Gives up choices that could not be stored. */
  [Symbol.dispose](): void {
    this.#over.abort(new Error('the sessions are closed'));
  }

  #openChoices(guildId: GuildId) {
    const common = {
      guildId,
      watch: this.#deps,
      onChange: (personId?: PersonId) => this.#onChange(guildId, personId),
      signal: this.#over.signal,
    };
    return new GuildChoices(
      new PeopleChoices({
        ...common,
        store: this.#deps.store,
        // A repeated yes still is a press in this session. Who was forgotten has said no as well.
        isRepeated: (choice, former) =>
          isRefusal(choice) && [choice.kind, 'forgotten'].includes(former.kind),
        isLasting: isRefusal,
        isSame: ({ erasesSinceWallMs, kind }, former) =>
          kind === former.kind && erasesSinceWallMs === undefined,
      }),
      new PeopleChoices({
        ...common,
        store: this.#leftOutPeople,
        isRepeated: (isLeftOut, wasLeftOut) => isLeftOut === wasLeftOut,
        isLasting: (isLeftOut) => isLeftOut,
        isSame: () => true,
        // No answer about hearing: a no would be applied again.
        onChange: () => this.#onChange(guildId),
      }),
      new ToldPeople({
        guildId,
        store: this.#toldPeople,
        watch: this.#deps,
        onLoaded: () => this.#onChange(guildId),
      }),
      new ErasedWords((personId) =>
        this.#deps.onEvent(guildId, { kind: 'words-erased', personId }),
      ),
    );
  }
}
