import { within } from '#src/base/waiting.ts';
import { type HearingFacts, isNo } from '#src/people/consent.ts';
import type { ConsentStore, StoredConsent } from '#src/people/consent-store.ts';
import type { LeftOutPeopleStore } from '#src/people/left-out-people.ts';
import type { StoreWatch } from '#src/ports/store-timeout.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { ConsentPolicySettings } from '#src/settings/setting-definition.ts';
import { PersonChoices } from './person-choices.ts';

/** Interval in ms at which each no of other processes is read: all know of it within 5 s. */
const everyMs = 4_000;

/** Store of consents, and its watch. */
type ConsentParts = StoreWatch & { readonly store: ConsentStore };

/** Tells the sessions of a server that a person said something; without a person, that what is stored was read. */
type ConsentListener = (guildId: string, personId?: string) => void;

/** Choices of the people of one server. */
export class GuildChoices {
  readonly #consents: PersonChoices<StoredConsent>;
  readonly #leftOut: PersonChoices<boolean>;
  /** People who agreed since the bot came. */
  readonly #pressed = new Set<string>();
  /** Rules of before, while looser ones do not count yet: also in a session that begins meanwhile. */
  #former: ConsentPolicySettings | undefined;

  constructor(consents: PersonChoices<StoredConsent>, leftOut: PersonChoices<boolean>) {
    this.#consents = consents;
    this.#leftOut = leftOut;
  }

  get isRead(): boolean {
    return this.#consents.isRead;
  }

  wordOf(personId: string): StoredConsent | undefined {
    return this.#consents.of(personId);
  }

  /** People who said yes, and people who said no. */
  get stored(): { readonly no: readonly string[]; readonly yes: readonly string[] } {
    const all = this.#consents.all();
    const no = all.filter(([, word]) => isNo(word)).map(([id]) => id);
    const yes = all.filter(([, word]) => !isNo(word)).map(([id]) => id);
    return { no, yes };
  }

  saidNo(personId: string): boolean {
    return isNo(this.wordOf(personId));
  }

  /** Whether this person is left out of captions; undefined while it is not known. */
  isLeftOut(personId: string): boolean | undefined {
    return this.#leftOut.of(personId) ?? (this.#leftOut.isRead ? false : undefined);
  }

  /** Rules that count now: looser ones than those of before wait. */
  inForce(rules: ConsentPolicySettings): ConsentPolicySettings {
    return this.#former ?? rules;
  }

  /** From now on these rules of before count, whatever is set; undefined: those that are set. */
  keepRules(former: ConsentPolicySettings | undefined): void {
    this.#former = former;
  }

  /** Facts about a person under these rules; `session`: those of the session, whose settings may be unread. */
  factsOf(
    { id, roleIds }: Pick<ChannelMember, 'id' | 'roleIds'>,
    rules: ConsentPolicySettings,
    session: Pick<HearingFacts, 'hasCalled' | 'isPaused' | 'isRead'>,
  ): HearingFacts {
    const { policy, roleId } = this.inForce(rules);
    return {
      ...session,
      policy,
      isRead: session.isRead && this.isRead,
      word: this.wordOf(id),
      hasPressed: this.#pressed.has(id),
      hasRole: roleId !== undefined && roleIds.includes(roleId),
    };
  }

  /** Counts from now on; whether it is stored. */
  async say(personId: string, word: StoredConsent): Promise<boolean> {
    if (word.kind === 'always') this.#pressed.add(personId);
    return await this.#consents.say(personId, word);
  }

  /** As `say`. */
  async leaveOut(personId: string, isLeftOut: boolean): Promise<boolean> {
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

  /** A no that another process stored. */
  learn(personId: string, kind: Exclude<StoredConsent['kind'], 'always'> | 'left-out'): void {
    if (kind === 'left-out') this.#leftOut.learn(personId, true, (before) => before === true);
    else this.#consents.learn(personId, { kind }, isNo);
  }
}

/**
 * Owner of what the people of each server said about being heard and captioned: a no counts at once in every session there, those
 * included that begin before it is stored.
 */
export class GuildConsents implements Disposable {
  readonly #parts: ConsentParts;
  readonly #leftOutPeople: LeftOutPeopleStore;
  readonly #listener: ConsentListener;
  readonly #guilds = new Map<string, GuildChoices>();
  readonly #over = new AbortController();
  #isWatching = false;

  constructor(parts: ConsentParts, leftOutPeople: LeftOutPeopleStore, listener: ConsentListener) {
    this.#parts = parts;
    this.#leftOutPeople = leftOutPeople;
    this.#listener = listener;
  }

  in(guildId: string): GuildChoices {
    const known = this.#guilds.get(guildId) ?? this.#open(guildId);
    this.#guilds.set(guildId, known);
    return known;
  }

  /** The server removed the bot. */
  forgetServer(guildId: string): void {
    this.#guilds.delete(guildId);
  }

  /** Learns each no that another process stores of these servers, until there are none. */
  watch(guildIds: () => readonly string[]): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#watch(guildIds).finally(() => {
      this.#isWatching = false;
    });
  }

  [Symbol.dispose](): void {
    this.#over.abort(new Error('the sessions are closed'));
  }

  async #watch(guildIds: () => readonly string[]): Promise<void> {
    const { clock, store } = this.#parts;
    const { signal } = this.#over;
    const late = () => new Error('the store did not answer');
    for (;;) {
      const here = guildIds();
      if (signal.aborted || here.length === 0) return;
      const noes = await within(store.noes(here), everyMs, clock, late).catch(() => []);
      if (!noes) return;
      for (const { guildId, kind, personId } of noes) this.in(guildId).learn(personId, kind);
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }

  #open(guildId: string): GuildChoices {
    const parts = this.#parts;
    const { store } = parts;
    const leftOut = this.#leftOutPeople;
    const changed = (personId?: string) => this.#listener(guildId, personId);
    const common = { guildId, parts, changed, signal: this.#over.signal };
    return new GuildChoices(
      new PersonChoices({
        ...common,
        read: () => store.read(guildId),
        write: (personId, word) => store.write(guildId, personId, word),
      }),
      new PersonChoices({
        ...common,
        read: () => readLeftOut(guildId, leftOut),
        write: (personId, isOut) => leftOut.leaveOut(guildId, personId, isOut),
      }),
    );
  }
}

async function readLeftOut(
  guildId: string,
  store: LeftOutPeopleStore,
): Promise<ReadonlyMap<string, boolean>> {
  const ids = await store.readLeftOut(guildId);
  return new Map([...ids].map((personId) => [personId, true]));
}
