/** One condition for knowing a text: to be one of these people, or to be able to open one of these chats. */
type KnowledgeRule = {
  /** People who were present when it was said, or to whom it was written. */
  readonly personIds: ReadonlySet<string>;
  /** Channels and threads in which it is readable for all who may open them. */
  readonly placeIds: ReadonlySet<string>;
};

/** Conditions for knowing a text, all of which must be met; none: anyone may know it. */
export type KnownBy = readonly KnowledgeRule[];

/** One person, and those of the given chats that they may open. */
export type TextReader = {
  readonly personId: string;
  readonly openPlaceIds?: readonly string[];
};

/** All people a text reaches: these people, and all who may open these chats; one at least. */
export type TextReaders = {
  readonly people?: readonly TextReader[];
  readonly placeIds?: readonly string[];
};

const captionsPrefix = 'captions ';

/** Known to anyone. */
export const anybody: KnownBy = [];

/** Known to these people, and to all who may open one of these chats. */
export function knownByPeople(
  personIds: Iterable<string>,
  placeIds: Iterable<string> = [],
): KnownBy {
  return [{ personIds: new Set(personIds), placeIds: new Set(placeIds) }];
}

/** Known only to people who may know all of these. */
export function knownByAll(all: Iterable<KnownBy>): KnownBy {
  const rules = new Map<string, KnowledgeRule>();
  for (const rule of [...all].flat()) rules.set(keyOf(rule), rule);
  return [...rules.values()];
}

/** Known also to these people, who may know it for other reasons. */
export function alsoKnownTo(knownBy: KnownBy, people: readonly TextReader[]): KnownBy {
  const ids = people.map(({ personId }) => personId);
  const widened = knownBy.map((rule) => [
    { ...rule, personIds: rule.personIds.union(new Set(ids)) },
  ]);
  return knownByAll(widened);
}

/** Place of captions in this chat: people who open it read them, but may not look up more. */
export function captionsIn(placeId: string): string {
  return `${captionsPrefix}${placeId}`;
}

/** Whether captions in this chat may show it: all who may open the chat may know it, or the speakers have shown all of it there. */
export function mayCaption(placeId: string, knownBy: KnownBy): boolean {
  return knownBy.every(
    ({ placeIds }) => placeIds.has(placeId) || placeIds.has(captionsIn(placeId)),
  );
}

/**
 * Known to the same people, but not by opening a chat: for text that no chat shows but captions, as nothing would take it
 * back there.
 */
export function knownToPeopleAlone(knownBy: KnownBy): KnownBy {
  return knownBy.map((rule) => {
    const captions = [...rule.placeIds].filter((id) => id.startsWith(captionsPrefix));
    return { ...rule, placeIds: new Set(captions) };
  });
}

/** Whether each of these readers may know it; without any reader, only text that anyone may know. */
export function mayAllKnow({ people = [], placeIds = [] }: TextReaders, knownBy: KnownBy): boolean {
  if (people.length === 0 && placeIds.length === 0) return knownBy.length === 0;
  return knownBy.every(
    (rule) =>
      placeIds.every((id) => rule.placeIds.has(id)) &&
      people.every(
        ({ personId, openPlaceIds = [] }) =>
          rule.personIds.has(personId) || openPlaceIds.some((id) => rule.placeIds.has(id)),
      ),
  );
}

/** These people as readers who may open none of the given chats. */
export function peopleReading(personIds: readonly string[]): TextReaders {
  return { people: personIds.map((personId) => ({ personId })) };
}

/** Unknown readers: they get only text that anyone may know. */
export const unknownReaders: TextReaders = { people: [{ personId: '' }] };

/** All who may open this channel or thread. */
export function placeReading(placeId: string): TextReaders {
  return { placeIds: [placeId] };
}

/** Words with those who may know them: only a call that names the readers gets them. */
export class ConfidentialText {
  readonly #text: string;
  readonly knownBy: KnownBy;

  constructor(text: string, knownBy: KnownBy) {
    this.#text = text;
    this.knownBy = knownBy;
  }

  /** Joined texts, known to people who may know each. */
  static joined(all: readonly ConfidentialText[], separator: string): ConfidentialText {
    const text = all.map((one) => one.#text).join(separator);
    return new ConfidentialText(text, knownByAll(all.map(({ knownBy }) => knownBy)));
  }

  /** Pieces of it, known to the same people. */
  split(pieces: (text: string) => readonly string[]): readonly ConfidentialText[] {
    return pieces(this.#text).map((piece) => new ConfidentialText(piece, this.knownBy));
  }

  /** The words, where all of these readers may know them. */
  textFor(readers: TextReaders): string | undefined {
    return mayAllKnow(readers, this.knownBy) ? this.#text : undefined;
  }
}

/** Words that anyone may know: those of the bot itself, and words written for all to read. */
export function openText(text: string): ConfidentialText {
  return new ConfidentialText(text, anybody);
}

function keyOf({ personIds, placeIds }: KnowledgeRule): string {
  return JSON.stringify([[...personIds].sort(), [...placeIds].sort()]);
}
