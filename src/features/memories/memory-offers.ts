import { createHash } from 'node:crypto';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
import { splitIntoSearchWords } from '#src/stores/transcripts/transcript-tables.ts';

/** Offers that one person declined. The oldest goes first. */
const maxDeclinedOffers = 30;
/** Letters at the begin of a word that tell it from others, in whatever form it stands. */
const stemChars = 4;
/** Of 65,536 codes. Many words have each, so that nobody reads a word from its code. */
const codeChars = 4;
/** This part of the words of the shorter sentence makes two sentences one thing. A wrong guess offers too little. */
const minSharedPart = 0.5;

/**
 * Keeps offers that people declined, in their own settings, and so until they forget them. A stored refusal would itself be a
 * memory of them, so it holds a short code for each word, which differs by person.
 *
 * @example
 * import { toGuildId, toPersonId } from '#src/base/ids.ts';
 * import { DeclinedOffers } from '#src/features/memories/memory-offers.ts';
 * import type { PersonalSettingsCache } from '#src/settings/personal-settings-cache.ts';
 *
 * declare const settings: PersonalSettingsCache;
 * const [server, ana] = [toGuildId('1'), toPersonId('2')];
 * const declined = new DeclinedOffers(settings);
 * await declined.add(server, ana, 'Ana works nights.');
 * await declined.has(server, ana, 'Ana works at night.'); // true
 */
export class DeclinedOffers {
  readonly #settings: Pick<
    Public<PersonalSettingsCache>,
    'changeSettings' | 'loadSettings'
  >;

  constructor(
    settings: Pick<Public<PersonalSettingsCache>, 'changeSettings' | 'loadSettings'>,
  ) {
    this.#settings = settings;
  }

  /** Notes that a person declined an offer, at least until the process ends. Never throws. */
  async add(guildId: GuildId, personId: PersonId, text: string): Promise<void> {
    const offers = await this.#listOffers(guildId, personId);
    const codes = [...toCodes(guildId, personId, text)].join(' ');
    const declinedOffers = [...offers, codes].slice(-maxDeclinedOffers).join(';');
    await this.#settings.changeSettings(guildId, personId, { declinedOffers });
  }

  /** Tests whether a person declined the same thing before, also in other words. Never throws. */
  async has(guildId: GuildId, personId: PersonId, text: string): Promise<boolean> {
    const codes = toCodes(guildId, personId, text);
    const offers = await this.#listOffers(guildId, personId);
    return offers.some((offer) => areAboutSameThing(new Set(offer.split(' ')), codes));
  }

  async #listOffers(guildId: GuildId, personId: PersonId): Promise<readonly string[]> {
    const settings = await this.#settings.loadSettings(guildId, personId);
    return settings?.declinedOffers?.split(';') ?? [];
  }
}

/** Leaves out the first word too, where it is the name of the person, as all these sentences have it. */
function toCodes(guildId: GuildId, personId: PersonId, text: string) {
  const words = splitIntoSearchWords(text);
  const telling = words
    .slice(1)
    .filter(
      (word) => word.length >= stemChars || !/^[\p{Script=Latin}\d]+$/u.test(word),
    );
  const stems = (telling.length > 0 ? telling : words).map((word) =>
    [...word].slice(0, stemChars).join(''),
  );
  return new Set(stems.map((stem) => toCode(`${guildId} ${personId} ${stem}`)));
}

function toCode(text: string) {
  return createHash('sha256').update(text).digest('hex').slice(0, codeChars);
}

function areAboutSameThing(one: ReadonlySet<string>, other: ReadonlySet<string>) {
  const shared = one.intersection(other).size;
  return shared >= Math.min(one.size, other.size) * minSharedPart;
}
