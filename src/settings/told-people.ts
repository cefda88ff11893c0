import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { ToldPeopleStore, ToldPerson } from '#src/people/consent.ts';
import { type StoreWatch, tryWrite, withStoreTimeout } from '#src/ports/stores.ts';

/** A voice channel and the rules of consent that count there, as settings store them. */
export type ToldRules = { readonly channelId: ChannelId; readonly rules: string };

/** Time between the announcement of a looser policy and its effect. */
export const looserPolicyDelayMs = 30_000;

type ToldPeopleDeps = {
  readonly guildId: GuildId;
  readonly store: ToldPeopleStore;
  readonly watch: StoreWatch;
  /** The stored people were read. */
  readonly onLoaded: () => void;
};

/**
 * Keeps which people of one server were told how the policy hears them. What a person was told counts in one channel, until
 * the rules change or no longer hear that person.
 *
 * @example
 * import { toChannelId, toPersonId } from '#src/base/ids.ts';
 * import type { ToldPeople } from '#src/settings/told-people.ts';
 *
 * declare const toldPeople: ToldPeople;
 * const lounge = { channelId: toChannelId('2'), rules: 'notice' };
 * toldPeople.addPeople(lounge, [toPersonId('3')], Date.now());
 * toldPeople.listPeople(lounge, Date.now()); // ['3']
 */
export class ToldPeople {
  readonly #deps: ToldPeopleDeps;
  #people: Map<string, ToldPerson> | undefined;

  constructor(deps: ToldPeopleDeps) {
    this.#deps = deps;
  }

  /** Returns whether the stored people are known. */
  get isLoaded(): boolean {
    return this.#people !== undefined;
  }

  /** Reads the stored people unless already read. Never throws. */
  async readStored(): Promise<void> {
    if (this.#people) return;
    const { guildId, store, watch } = this.#deps;
    const people = await withStoreTimeout(guildId, watch, 'store.unreadable', () =>
      store.read(guildId),
    );
    if (!people || this.#people) return;
    // A clock that was set back would leave people unheard for as long.
    const latestWallMs = watch.clock.wallMs() + looserPolicyDelayMs;
    this.#people = new Map(
      people.map((person) => {
        const fromWallMs = Math.min(person.fromWallMs, latestWallMs);
        return [toKey(person), { ...person, fromWallMs }];
      }),
    );
    this.#deps.onLoaded();
  }

  /** Has the stored people read anew. */
  reset(): void {
    this.#people = undefined;
  }

  /** Lists the people that were told of these rules, and are heard by them at `wallMs`. */
  listPeople(told: ToldRules, wallMs: number): readonly PersonId[] {
    return this.#listTold(told)
      .filter(({ fromWallMs }) => fromWallMs <= wallMs)
      .map(({ personId }) => personId);
  }

  /** Tests whether a person was told of these rules, and is heard by them at once or later. */
  includes(told: ToldRules, personId: PersonId): boolean {
    return this.#find(told, personId) !== undefined;
  }

  /** Finds the next time after `wallMs` from which a told person is heard. */
  findNextWallMs(told: ToldRules, wallMs: number): number | undefined {
    const laterMs = this.#listTold(told)
      .map(({ fromWallMs }) => fromWallMs)
      .filter((fromWallMs) => fromWallMs > wallMs);
    return laterMs.length > 0 ? Math.min(...laterMs) : undefined;
  }

  /** Stores that people were told of rules. The rules hear these people from `fromWallMs` on. */
  addPeople(
    { channelId, rules }: ToldRules,
    personIds: readonly PersonId[],
    fromWallMs: number,
  ): void {
    if (!this.#people || personIds.length === 0) return;
    const people = personIds.map((personId) => ({
      channelId,
      personId,
      rules,
      fromWallMs,
    }));
    for (const person of people) this.#people.set(toKey(person), person);
    const { guildId, store, watch } = this.#deps;
    // Unstored, it counts until the bot ends, and people are told once more afterwards.
    void tryWrite(guildId, watch, () => store.write(guildId, people));
  }

  /** Forgets that a person was told in a channel, so that the person is told again. */
  removePerson(channelId: ChannelId, personId: PersonId): void {
    if (!this.#people?.delete(toKey({ channelId, personId }))) return;
    const { guildId, store, watch } = this.#deps;
    void tryWrite(guildId, watch, () => store.erase(guildId, channelId, personId));
  }

  /** Forgets what people of the server were told of other rules: who is away now is told again, should those return. */
  keepRules(rules: string): void {
    const outdated = [...(this.#people ?? [])].filter(
      ([, person]) => person.rules !== rules,
    );
    for (const [key] of outdated) this.#people?.delete(key);
    if (this.#people && outdated.length === 0) return;
    const { guildId, store, watch } = this.#deps;
    void tryWrite(guildId, watch, () => store.eraseOtherRules(guildId, rules));
  }

  #listTold({ channelId, rules }: ToldRules) {
    return [...(this.#people?.values() ?? [])].filter(
      (person) => person.channelId === channelId && person.rules === rules,
    );
  }

  #find({ channelId, rules }: ToldRules, personId: PersonId) {
    const person = this.#people?.get(toKey({ channelId, personId }));
    return person?.rules === rules ? person : undefined;
  }
}

function toKey({ channelId, personId }: Pick<ToldPerson, 'channelId' | 'personId'>) {
  return `${channelId} ${personId}`;
}
