import type { ChannelId, PersonId } from '#src/base/ids.ts';

/**
 * Owner of words or sound: the voice channel in which they were said, one person, or anyone (`given`). A person must still
 * be able to open the channel.
 */
export type Owner =
  | { readonly channelId: ChannelId; readonly onlyFor?: undefined }
  | { readonly channelId?: ChannelId; readonly onlyFor: PersonId }
  | 'given';

/** Tells whether words that a value was made from were erased since they were read: `ErasedWords` gives it. */
export interface Sources {
  /** True for good once a person of the words said no or was erased. */
  readonly areErased: boolean;
}

/** Sources of a value that repeats nothing that can be erased. */
export const lastingSources: Sources = { areErased: false };

/** Owner and sources of everything that one prompt makes. */
export type Origin = { readonly owner: Owner; readonly sources: Sources };

/** Narrows an owner to one person. */
export function toPrivateOwner(onlyFor: PersonId, owner: Owner): Owner {
  return owner === 'given' ? { onlyFor } : { ...owner, onlyFor };
}

/**
 * Words or sound of people, or made from them, with their owner and sources. A caller names the place or the reader at the
 * moment in which the value leaves, and again after each wait. A value with erased sources leaves nowhere.
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
  readonly #sources: Sources;

  constructor(value: Value, owner: Owner, sources: Sources = lastingSources) {
    this.#value = value;
    this.owner = owner;
    this.#sources = sources;
  }

  /** Joins texts. Throws if two have different owners. */
  static join(texts: readonly Owned<string>[], separator: string): Owned<string> {
    const text = texts.map((each) => each.#value).join(separator);
    const owner = getCommonOwner(texts.map(({ owner }) => owner));
    return new Owned(text, owner, joinSources(texts.map((each) => each.#sources)));
  }

  /** True once words that the value was made from were erased. */
  get isErased(): boolean {
    return this.#sources.areErased;
  }

  /** Makes another value of this one, with the same owner and sources. */
  map<Made>(make: (value: Value) => Made): Owned<Made> {
    return new Owned(make(this.#value), this.owner, this.#sources);
  }

  /** Cuts the value into pieces, each with the same owner and sources. */
  split<Piece>(cut: (value: Value) => readonly Piece[]): readonly Owned<Piece>[] {
    return cut(this.#value).map((piece) => this.map(() => piece));
  }

  /**
   * Returns the value if everybody who reads this place may know it: it is of this channel, open to anyone, or each reader
   * may open its channel. By default no reader of another channel may.
   */
  findForPlace(
    placeId: ChannelId | undefined,
    mayReadersOpen: (channelId: ChannelId) => boolean = () => false,
  ): Value | undefined {
    const isOpen = !this.isErased && isOpenAt(this.owner, placeId, mayReadersOpen);
    return isOpen ? this.#value : undefined;
  }

  /** Returns the value if words of its owner may be heard where it is to sound now. */
  findForListeners(mayBeHeard: (owner: Owner) => boolean): Value | undefined {
    return mayBeHeard(this.owner) && !this.isErased ? this.#value : undefined;
  }

  /** Returns the value if this person may open the channel of the value. */
  async findForPerson(
    personId: PersonId,
    mayOpen: (channelId: ChannelId) => Promise<boolean>,
  ): Promise<Value | undefined> {
    const { owner } = this;
    const { channelId, onlyFor = personId } = owner === 'given' ? {} : owner;
    const isTheirs =
      onlyFor === personId && (channelId === undefined || (await mayOpen(channelId)));
    // Asked last, as Discord may have been asked for roles meanwhile.
    return isTheirs && !this.isErased ? this.#value : undefined;
  }
}

/** Tests whether everybody at a place may know words of an owner. `mayReadersOpen` is asked about another channel alone. */
export function isOpenAt(
  owner: Owner,
  placeId: ChannelId | undefined,
  mayReadersOpen: (channelId: ChannelId) => boolean,
): boolean {
  if (owner === 'given') return true;
  const { channelId, onlyFor } = owner;
  if (channelId === undefined || onlyFor !== undefined || placeId === undefined)
    return false;
  return channelId === placeId || mayReadersOpen(channelId);
}

/** Marks words of the bot itself, or for everybody, as open to anyone. */
export function toOpenText(text: string): Owned<string> {
  return new Owned(text, 'given');
}

/** Joins sources: one that was erased is enough. */
export function joinSources(all: readonly Sources[]): Sources {
  return {
    get areErased() {
      return all.some((sources) => sources.areErased);
    },
  };
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

/** One read of kept words. */
export interface WordsReading {
  /** Returns the sources of a value that may hold words of people for whom `mayHold` is true. */
  toSources(mayHold: (personId: PersonId) => boolean): Sources;
}

/**
 * Remembers whose words in a server were erased, in order, so that nothing made from words read before leaves after. One
 * process serves a server, so its memory is enough: after a restart no answer waits.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import { ErasedWords } from '#src/people/owned.ts';
 *
 * const erasedWords = new ErasedWords();
 * const ana = toPersonId('1');
 * const sources = erasedWords.beginReading().toSources((id) => id === ana);
 * erasedWords.noteErasure(ana);
 * sources.areErased; // true
 */
export class ErasedWords {
  #count = 0;
  readonly #lastByPerson = new Map<PersonId, number>();
  readonly #onErased: (personId: PersonId) => void;

  /** `onErased` is told of each erasure, for words that have left to queues elsewhere. */
  constructor(onErased: (personId: PersonId) => void = () => undefined) {
    this.#onErased = onErased;
  }

  /** Notes that words of this person up to now may not leave any more. */
  noteErasure(personId: PersonId): void {
    this.#lastByPerson.set(personId, ++this.#count);
    this.#onErased(personId);
  }

  /** Begins to read kept words. Call this before the read, so that an erasure during the read counts. */
  beginReading(): WordsReading {
    const sinceCount = this.#count;
    const lastByPerson = this.#lastByPerson;
    return {
      toSources: (mayHold) => ({
        get areErased() {
          return lastByPerson
            .entries()
            .some(([id, count]) => count > sinceCount && mayHold(id));
        },
      }),
    };
  }
}
