import type { ChannelId, PersonId } from '#src/base/ids.ts';

/**
 * Owner of words or sound: the voice channel in which they were said, one person, or anyone (`given`). A person must still
 * be able to open the channel.
 */
export type Owner =
  | { readonly channelId: ChannelId; readonly onlyFor?: undefined }
  | { readonly channelId?: ChannelId; readonly onlyFor: PersonId }
  | 'given';

/** Narrows an owner to one person. */
export function toPrivateOwner(onlyFor: PersonId, owner: Owner): Owner {
  return owner === 'given' ? { onlyFor } : { ...owner, onlyFor };
}

/**
 * Words or sound of people, or made from them, with their owner. A caller names the place or the reader at the moment in
 * which the value leaves, and again after each wait.
 *
 * @example
 * import { toChannelId } from '#src/base/ids.ts';
 * import { Owned } from '#src/people/owned.ts';
 *
 * const channelId = toChannelId('1');
 * const sound = new Owned(new Int16Array(960), { channelId });
 * sound.findForPlace(channelId)?.length; // 960
 * sound.findForPlace(toChannelId('2')); // undefined
 */
export class Owned<Value> {
  readonly #value: Value;
  /** Owner that everything made from this value keeps. */
  readonly owner: Owner;

  constructor(value: Value, owner: Owner) {
    this.#value = value;
    this.owner = owner;
  }

  /** Joins texts. Throws if two have different owners. */
  static join(texts: readonly Owned<string>[], separator: string): Owned<string> {
    const text = texts.map((each) => each.#value).join(separator);
    return new Owned(text, getCommonOwner(texts.map(({ owner }) => owner)));
  }

  /** Makes another value, with the same owner. */
  map<Made>(make: (value: Value) => Made): Owned<Made> {
    return new Owned(make(this.#value), this.owner);
  }

  /** Cuts the value into pieces, each with the same owner. */
  split<Piece>(cut: (value: Value) => readonly Piece[]): readonly Owned<Piece>[] {
    return cut(this.#value).map((piece) => new Owned(piece, this.owner));
  }

  /** Returns the value if it is of this channel, or open to anyone. */
  findForPlace(placeId: ChannelId | undefined): Value | undefined {
    const { owner } = this;
    if (owner === 'given') return this.#value;
    return owner.onlyFor === undefined && owner.channelId === placeId
      ? this.#value
      : undefined;
  }

  /**
   * Returns the value if everybody who reads this place may know the value: in the channel's own chat, and where each
   * reader may open the channel.
   */
  findForReaders(
    placeId: ChannelId | undefined,
    mayReadersOpen: (channelId: ChannelId) => boolean,
  ): Value | undefined {
    const { owner } = this;
    const isPersonal = owner !== 'given' && owner.onlyFor !== undefined;
    if (owner === 'given' || isPersonal || owner.channelId === placeId)
      return this.findForPlace(placeId);
    return placeId !== undefined && mayReadersOpen(owner.channelId)
      ? this.#value
      : undefined;
  }

  /** Returns the value if words of its owner may be heard where it is to sound now. */
  findForListeners(mayBeHeard: (owner: Owner) => boolean): Value | undefined {
    return mayBeHeard(this.owner) ? this.#value : undefined;
  }

  /** Returns the value if this person may open the channel of the value. */
  async findForPerson(
    personId: PersonId,
    mayOpen: (channelId: ChannelId) => Promise<boolean>,
  ): Promise<Value | undefined> {
    const { owner } = this;
    if (owner === 'given') return this.#value;
    const { channelId, onlyFor = personId } = owner;
    const isTheirs =
      onlyFor === personId && (channelId === undefined || (await mayOpen(channelId)));
    return isTheirs ? this.#value : undefined;
  }
}

/** Marks words of the bot itself, or for everybody, as open to anyone. */
export function toOpenText(text: string): Owned<string> {
  return new Owned(text, 'given');
}

function getCommonOwner(owners: readonly Owner[]) {
  const [firstOwner = 'given', ...otherOwners] = owners.filter(
    (owner) => owner !== 'given',
  );
  // A text of two owners would show words of one to readers of the other.
  if (otherOwners.some((owner) => JSON.stringify(owner) !== JSON.stringify(firstOwner)))
    throw new Error('One text has words of two owners.');
  return firstOwner;
}
