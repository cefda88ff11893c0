/**
 * Owner of a text: a voice channel in which it was said, one person with whom it is private, as long as they may open the channel of its
 * words, or anyone (`given`).
 */
export type TextOwner =
  | { readonly channelId: ChannelId; readonly onlyFor?: undefined }
  | { readonly channelId?: ChannelId; readonly onlyFor: string }
  | 'given';

/** The same words, for one person alone. */
export function toPrivateOwner(onlyFor: string, owner: TextOwner): TextOwner {
  return owner === 'given' ? { onlyFor } : { ...owner, onlyFor };
}

/** Words with their owner: only a call that names the place or the reader gets them. */
export class ConfidentialText {
  readonly #text;
  readonly owner: TextOwner;

  constructor(text: string, owner: TextOwner) {
    this.#text = text;
    this.owner = owner;
  }

  /** Joined texts of one owner, and given ones. Errors: Error for texts of two owners. */
  static join(all: readonly ConfidentialText[], separator: string): ConfidentialText {
    const text = all.map((one) => one.#text).join(separator);
    return new ConfidentialText(text, getCommonOwner(all.map(({ owner }) => owner)));
  }

  /** Pieces of it, of the same owner. */
  split(pieces: (text: string) => readonly string[]): readonly ConfidentialText[] {
    return pieces(this.#text).map((piece) => new ConfidentialText(piece, this.owner));
  }

  /** The words in the voice or the chat of a channel; in any other place only given ones. */
  findTextForPlace(placeId: ChannelId | undefined): string | undefined {
    const { owner } = this;
    if (owner === 'given') return this.#text;
    return owner.onlyFor === undefined && owner.channelId === placeId ? this.#text : undefined;
  }

  /** The words for one person alone, if they may open the channel of these. */
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

/** Words that anyone may know: those of the bot itself, and words written for all to read. */
export function toOpenText(text: string): ConfidentialText {
  return new ConfidentialText(text, 'given');
}

function getCommonOwner(owners: readonly TextOwner[]): TextOwner {
  const [first = 'given', ...others] = owners.filter((owner) => owner !== 'given');
  if (others.some((owner) => JSON.stringify(owner) !== JSON.stringify(first)))
    throw new Error('One text has words of two owners.');
  return first;
}
