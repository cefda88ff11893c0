import type { ChannelId, PersonId } from '#src/base/ids.ts';

/**
 * Owner of a text: the voice channel of its words, one person, or anyone (`given`). One person must still be able to open the
 * channel.
 */
export type TextOwner =
  | { readonly channelId: ChannelId; readonly onlyFor?: undefined }
  | { readonly channelId?: ChannelId; readonly onlyFor: PersonId }
  | 'given';

/** Narrows an owner to one person. */
export function toPrivateOwner(onlyFor: PersonId, owner: TextOwner): TextOwner {
  return owner === 'given' ? { onlyFor } : { ...owner, onlyFor };
}

/**
 * Words with an owner. A caller has to name the place or the reader to get them.
 *
 * @example
 * import { toChannelId } from '#src/base/ids.ts';
 * import { ConfidentialText } from '#src/people/confidential-text.ts';
 *
 * const channelId = toChannelId('1');
 * const words = new ConfidentialText('Pizza at eight.', { channelId });
 * words.findTextForPlace(channelId); // 'Pizza at eight.'
 * words.findTextForPlace(toChannelId('2')); // undefined
 */
export class ConfidentialText {
  readonly #text: string;
  /** Owner that every piece of this text keeps. */
  readonly owner: TextOwner;

  constructor(text: string, owner: TextOwner) {
    this.#text = text;
    this.owner = owner;
  }

  /** Joins texts. Throws if two have different owners. */
  static join(texts: readonly ConfidentialText[], separator: string): ConfidentialText {
    const text = texts.map((each) => each.#text).join(separator);
    return new ConfidentialText(text, getCommonOwner(texts.map(({ owner }) => owner)));
  }

  /** Cuts the text into pieces, each with the same owner. */
  split(pieces: (text: string) => readonly string[]): readonly ConfidentialText[] {
    return pieces(this.#text).map((piece) => new ConfidentialText(piece, this.owner));
  }

  /** Returns the words if they are of this channel, or open to anyone. */
  findTextForPlace(placeId: ChannelId | undefined): string | undefined {
    const { owner } = this;
    if (owner === 'given') return this.#text;
    return owner.onlyFor === undefined && owner.channelId === placeId
      ? this.#text
      : undefined;
  }

  /** Returns the words if this person may open the channel of the words. */
  async findTextForPerson(
    personId: PersonId,
    mayOpen: (channelId: ChannelId) => Promise<boolean>,
  ): Promise<string | undefined> {
    const { owner } = this;
    if (owner === 'given') return this.#text;
    const { channelId, onlyFor = personId } = owner;
    const isTheirs =
      onlyFor === personId && (channelId === undefined || (await mayOpen(channelId)));
    return isTheirs ? this.#text : undefined;
  }
}

/** Marks words of the bot itself, or for everybody, as open to anyone. */
export function toOpenText(text: string): ConfidentialText {
  return new ConfidentialText(text, 'given');
}

function getCommonOwner(owners: readonly TextOwner[]) {
  const [firstOwner = 'given', ...otherOwners] = owners.filter(
    (owner) => owner !== 'given',
  );
  // A text of two owners would show words of one to readers of the other.
  if (otherOwners.some((owner) => JSON.stringify(owner) !== JSON.stringify(firstOwner)))
    throw new Error('One text has words of two owners.');
  return firstOwner;
}
