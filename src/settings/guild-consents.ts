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
  toConsent,
  toHearingFacts,
} from '#src/people/consent.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { StoredSettings } from './stored-settings.ts';

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

type PeopleChoices<Choice> = ReturnType<typeof createPeopleChoices<Choice>>;

/**
 * Keeps one kind of choice of a server's people. A choice counts at once, and is written
 * until stored.
 */
function createPeopleChoices<Choice>(deps: ChoiceDeps<Choice>) {
  let stored: Map<string, Choice> | undefined;
  const pending = new Map<string, PendingChoice<Choice>>();
  /** Stored choices so far. A read that began before a save may be older. */
  let saves = 0;

  async function saveOnce(
    personId: PersonId,
    said: PendingChoice<Choice>,
    parts: StoreWatch,
  ) {
    const { guildId, store } = deps;
    said.isSaved = await tryWrite(guildId, parts, () =>
      store.write(guildId, personId, said.choice),
    );
    if (!said.isSaved) return false;
    saves++;
    stored?.set(personId, said.choice);
    if (stored && pending.get(personId) === said) pending.delete(personId);
    return true;
  }

  async function saveUntilStored(personId: PersonId, said: PendingChoice<Choice>) {
    const { watch, signal } = deps;
    const { clock } = watch;
    for (;;) {
      await clock.sleep(retryMs, signal).catch(() => undefined);
      if (signal.aborted || pending.get(personId) !== said) return;
      if (await saveOnce(personId, said, { clock, onEvent: () => undefined })) return;
    }
  }

  function acceptStored(found: Map<string, Choice>) {
    stored ??= found;
    for (const [personId, { isSaved }] of pending)
      if (isSaved) pending.delete(personId);
    deps.onChange();
  }

  return {
    get isLoaded() {
      return stored !== undefined;
    },
    listAll() {
      const said = [...pending].map(([id, { choice }]) => [id, choice] as const);
      return [...new Map([...(stored ?? []), ...said])];
    },
    findChoice(personId: PersonId) {
      return pending.get(personId)?.choice ?? stored?.get(personId);
    },
    findUnsaved(personId: PersonId) {
      const said = pending.get(personId);
      return said?.isSaved === false ? said.choice : undefined;
    },
    /** Saves a choice at once. Returns false if not stored yet, and goes on trying. */
    async saveChoice(personId: PersonId, choice: Choice) {
      const said = { choice, isSaved: false };
      pending.set(personId, said);
      const saving = saveOnce(personId, said, deps.watch);
      deps.onChange(personId);
      if (await saving) return true;
      void saveUntilStored(personId, said);
      return false;
    },
    /** Reads the server's choices unless already read. */
    async readStored() {
      while (!stored) {
        const savesBefore = saves;
        const { guildId, watch, store } = deps;
        const found = await withStoreTimeout(guildId, watch, 'store.unreadable', () =>
          store.read(guildId),
        );
        if (!found) return;
        // A choice was stored meanwhile, so these rows may be older.
        if (savesBefore === saves) acceptStored(new Map(found));
      }
    },
    reset() {
      stored = undefined;
    },
  };
}

type ConsentDeps = StoreWatch & { readonly store: ConsentStore };

export type GuildChoices = ReturnType<typeof createGuildChoices>;

/** Keeps consents of the people of one server, and people left out of captions. */
export function createGuildChoices(
  consents: PeopleChoices<ConsentChange>,
  leftOut: PeopleChoices<boolean>,
) {
  /** People who agreed since the bot came. */
  const pressed = new Set<string>();

  function findConsent(personId: PersonId): StoredConsent | undefined {
    return consents.findChoice(personId);
  }

  const choices = {
    get isLoaded(): boolean {
      return consents.isLoaded;
    },
    findConsent,
    get answers(): { readonly no: readonly string[]; readonly yes: readonly string[] } {
      const all = consents.listAll();
      const no = all.filter(([, word]) => isRefusal(word)).map(([id]) => id);
      const yes = all.filter(([, word]) => !isRefusal(word)).map(([id]) => id);
      return { no, yes };
    },
    hasRefused(personId: PersonId): boolean {
      return isRefusal(findConsent(personId));
    },
    /** Undefined while unknown. */
    isLeftOut(personId: PersonId): boolean | undefined {
      return leftOut.findChoice(personId) ?? (leftOut.isLoaded ? false : undefined);
    },
    /** Combines choices with a session's state of consent. */
    toConsentState(
      policy: ConsentPolicy,
      session: Pick<ConsentState, 'callers' | 'isPaused' | 'isLoaded'>,
    ): ConsentState {
      const isLoaded = session.isLoaded && choices.isLoaded;
      return {
        ...session,
        ...choices.answers,
        policy,
        isLoaded,
        pressed: [...pressed],
      };
    },
    /** Saves a consent at once. Returns false if not stored. */
    async saveConsent(personId: PersonId, word: ConsentChange): Promise<boolean> {
      if (word.kind === 'always') pressed.add(personId);
      // A press takes along the beginning of an erasure that could not be stored yet.
      const { erasesSinceWallMs } = consents.findUnsaved(personId) ?? {};
      return await consents.saveChoice(personId, { erasesSinceWallMs, ...word });
    },
    /** Returns false if not stored. */
    async saveLeftOut(personId: PersonId, isLeftOut: boolean): Promise<boolean> {
      return await leftOut.saveChoice(personId, isLeftOut);
    },
    /** Reads the server's choices unless already read. Never throws. */
    async readStored() {
      await Promise.all([consents.readStored(), leftOut.readStored()]);
    },
    /** Forgets all choices, so that they are read again. */
    reset() {
      pressed.clear();
      consents.reset();
      leftOut.reset();
    },
  };
  return choices;
}

/** Opens the choices of the people of all servers. A no counts at once in every session of a server. */
export type GuildConsents = ReturnType<typeof openGuildConsents>;

export function openGuildConsents(
  deps: ConsentDeps,
  leftOutPeople: LeftOutPeopleStore,
  settings: Pick<StoredSettings, 'getCurrentConsent' | 'isLoaded'>,
  /** Tests for a session, also during a join, a retry or a move. */
  hasSession: (guildId: GuildId) => boolean,
  /** Without a person, the stored consents were read. */
  onChange: (guildId: GuildId, personId?: PersonId) => void,
) {
  const guilds = new Map<string, GuildChoices>();
  const over = new AbortController();

  function openChoices(guildId: GuildId) {
    const common = {
      guildId,
      watch: deps,
      onChange: (personId?: PersonId) => onChange(guildId, personId),
      signal: over.signal,
    };
    return createGuildChoices(
      createPeopleChoices({ ...common, store: deps.store }),
      createPeopleChoices({ ...common, store: leftOutPeople }),
    );
  }

  function getChoices(guildId: GuildId): GuildChoices {
    const known = guilds.get(guildId) ?? openChoices(guildId);
    guilds.set(guildId, known);
    return known;
  }

  function renewChoices(guildId: GuildId) {
    const choices = getChoices(guildId);
    if (!hasSession(guildId)) choices.reset();
    return choices;
  }

  return {
    getChoices,
    /** Has choices read anew where the bot does not sit. */
    renewChoices,
    /** Loads a server's consents, anew where the bot does not sit. Never throws. */
    async loadChoices(guildId: GuildId): Promise<GuildChoices> {
      const choices = renewChoices(guildId);
      await choices.readStored();
      return choices;
    },
    /** Gets a person's consent in a server. `callers` agreed in a session there. */
    getConsent(
      guildId: GuildId,
      person: Pick<ChannelMember, 'id' | 'roleIds'>,
      callers: readonly PersonId[] = [],
    ): Consent {
      const { policy, roleId = '' } = settings.getCurrentConsent(guildId);
      const session = {
        callers,
        isPaused: false,
        isLoaded: settings.isLoaded(guildId),
      };
      const consent = getChoices(guildId).toConsentState(policy, session);
      return toConsent(
        toHearingFacts(consent, person.id, person.roleIds.includes(roleId)),
      );
    },
    forgetServer(guildId: GuildId) {
      guilds.delete(guildId);
    },
    [Symbol.dispose]() {
      over.abort(new Error('the sessions are closed'));
    },
  };
}
