import type { GuildId, PersonId } from '#src/base/ids.ts';
import { splitIntoSearchWords } from '#src/stores/transcripts/transcript-tables.ts';

/** Offers that one person declined. The oldest goes first. */
const maxDeclinedOffers = 30;
/** Shorter words tell little about what a sentence is about, except in scripts without spaces. */
const minWordChars = 4;
/** This part of the words of the shorter sentence makes two sentences one thing. A wrong guess offers too little. */
const minSharedPart = 0.5;

/**
 * Keeps offers that people declined, as words in memory alone: a stored refusal would itself be a memory of them.
 *
 * @example
 * import { toGuildId, toPersonId } from '#src/base/ids.ts';
 * import { DeclinedOffers } from '#src/features/memories/memory-offers.ts';
 *
 * const [server, ana] = [toGuildId('1'), toPersonId('2')];
 * const declined = new DeclinedOffers();
 * declined.add(server, ana, 'Ana works nights.');
 * declined.has(server, ana, 'Ana works at night.'); // true
 */
export class DeclinedOffers {
  readonly #offers = new Map<string, readonly ReadonlySet<string>[]>();

  /** Notes that a person declined an offer. */
  add(guildId: GuildId, personId: PersonId, text: string): void {
    const key = toKey(guildId, personId);
    const offers = [...(this.#offers.get(key) ?? []), splitIntoTellingWords(text)];
    this.#offers.set(key, offers.slice(-maxDeclinedOffers));
  }

  /** Tests whether a person declined the same thing before, also in other words. */
  has(guildId: GuildId, personId: PersonId, text: string): boolean {
    const words = splitIntoTellingWords(text);
    const offers = this.#offers.get(toKey(guildId, personId)) ?? [];
    return offers.some((offer) => areAboutSameThing(offer, words));
  }

  /** Forgets what a person declined, or all people of a server. */
  forget(guildId: GuildId, personId?: PersonId): void {
    const prefix = personId === undefined ? `${guildId} ` : toKey(guildId, personId);
    for (const key of this.#offers.keys())
      if (key.startsWith(prefix)) this.#offers.delete(key);
  }
}

function toKey(guildId: GuildId, personId: PersonId) {
  return `${guildId} ${personId} `;
}

/** Leaves out the first word too, where it is the name of the person, as all these sentences have it. */
function splitIntoTellingWords(text: string): ReadonlySet<string> {
  const words = splitIntoSearchWords(text);
  const telling = words
    .slice(1)
    .filter(
      (word) => word.length >= minWordChars || !/^[\p{Script=Latin}\d]+$/u.test(word),
    );
  return new Set(telling.length > 0 ? telling : words);
}

function areAboutSameThing(one: ReadonlySet<string>, other: ReadonlySet<string>) {
  const [fewer, more] = one.size < other.size ? [one, other] : [other, one];
  const shared = [...fewer].filter((word) =>
    [...more].some((each) => each.startsWith(word) || word.startsWith(each)),
  );
  return shared.length >= fewer.size * minSharedPart;
}
