import type { AddressingPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

/** `within` joins parts of one written word (`super-nova`). */
type Gap = 'start' | 'space' | 'within' | 'pause';

/** A normalised word, with its parts and the gap before it. */
export type SentenceWord = {
  readonly text: string;
  /** Parts around apostrophes, such as `nova` and `s`. */
  readonly segments: readonly string[];
  readonly gap: Gap;
  readonly isQuoted: boolean;
};

/** A sentence of normalised words. */
export type Sentence = {
  readonly words: readonly SentenceWord[];
  readonly isQuestion: boolean;
};

const headChars = 800;
const tailChars = 400;

/** Latin accents, stacked marks, Hebrew points, Arabic vowel signs and tatweel. */
const diacritics =
  /\p{Cf}|[\u0300-\u036f]|[\u0591-\u05c7]|[\u0610-\u061a]|\u0640|[\u064b-\u065f]|\u0670|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\ufe00-\ufe0f]|[\ufe20-\ufe2f]/gu;
const letterForms: Readonly<Record<string, string>> = {
  \u00df: 'ss',
  \u0131: 'i',
  \u00f8: 'o',
  \u0142: 'l',
  \u0111: 'd',
  \u00f0: 'd',
  \u00e6: 'ae',
  \u0153: 'oe',
  \u00fe: 'th',
};
const wordPattern = /[\p{L}\p{N}\p{M}]+(?:['\u2019][\p{L}\p{N}\p{M}]+)*/gu;
const apostrophe = /['\u2019]/;
const quotationMarks =
  /["\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f\u301d\u301e\u2018\u2019']/;
const sentenceEnds = /[?!\u061f\u3002\u0964;]|\.[\s"\u201c\u201d\u00bb'\u2019]|\n/;
const questionMarks = /[?\u061f]/;
const pauseMarks = /[,\u3001\u060c:\u2026()\u00bf\u00a1\u2013\u2014]|\.\.|\s-+\s/;
const titleWords = new Set(
  languages.flatMap(({ addressing }) => addressing?.titles ?? []),
);
const denseScripts =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Converts to lower case without accents, with one form for letters that look alike. */
export function normaliseLetters(text: string): string {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(diacritics, '')
    .normalize('NFC');
  return plain.replace(
    /[\u00df\u0131\u00f8\u0142\u0111\u00f0\u00e6\u0153\u00fe]/g,
    (letter) => letterForms[letter] ?? letter,
  );
}

/** Recognises scripts without spaces, such as Japanese or Thai. */
export function isDense(text: string): boolean {
  return denseScripts.test(text);
}

/**
 * Splits an utterance into sentences of normalised words.
 *
 * Of more than 1,200 characters only the first 800 and the last 400 are read. No sentence ends or starts at the cut.
 *
 * @example
 * import { splitSentences } from '#src/turn/addressing/names.ts';
 *
 * const sentences = splitSentences('Hey Nova! What time is it?');
 * sentences.map(({ words }) => words.map(({ text }) => text).join(' ')); // ['hey nova', 'what time is it']
 */
export function splitSentences(text: string): Sentence[] {
  const plain = shortenText(text.trim());
  const unquotedText = plain.replace(
    /^["\u201c\u201e\u00ab](.*)["\u201d\u201c\u00bb]$/su,
    '$1',
  );
  const sentences: Sentence[] = [];
  let sentenceWords: SentenceWord[] = [];
  let toIndex = 0;
  const endSentence = (gap: string) => {
    if (sentenceWords.length > 0)
      sentences.push({ words: sentenceWords, isQuestion: questionMarks.test(gap) });
    sentenceWords = [];
  };
  for (const match of unquotedText.matchAll(wordPattern)) {
    const gap = unquotedText.slice(toIndex, match.index);
    const isSentenceEnd =
      sentenceEnds.test(gap) &&
      !(gap.startsWith('. ') && titleWords.has(sentenceWords.at(-1)?.text ?? ''));
    if (isSentenceEnd) endSentence(gap);
    const nextCharacter = unquotedText[match.index + match[0].length] ?? '';
    const isWordQuoted =
      quotationMarks.test(gap.at(-1) ?? '') || quotationMarks.test(nextCharacter);
    addWords(sentenceWords, match[0], gap, isWordQuoted);
    toIndex = match.index + match[0].length;
  }
  endSentence(unquotedText.slice(toIndex));
  return sentences;
}

function shortenText(text: string) {
  if (text.length <= headChars + tailChars)
    return normaliseLetters(text).slice(0, headChars + tailChars);
  const startText = normaliseLetters(text.slice(0, headChars)).slice(0, headChars);
  return `${startText} x ${normaliseLetters(text.slice(-tailChars)).slice(-tailChars)}`;
}

function addWords(
  sentenceWords: SentenceWord[],
  writtenWord: string,
  gap: string,
  isQuoted: boolean,
) {
  const gapBefore = sentenceWords.length === 0 ? 'start' : classifyGap(gap);
  if (!isDense(writtenWord)) {
    const segments = writtenWord.split(apostrophe);
    sentenceWords.push({
      text: segments.join(''),
      segments: segments,
      gap: gapBefore,
      isQuoted,
    });
    return;
  }
  const pieces = [...segmenter.segment(writtenWord)].map(({ segment }) => segment);
  for (const [at, text] of pieces.entries()) {
    const isEdge = at === 0 || at === pieces.length - 1;
    const wordGap = at === 0 ? gapBefore : 'space';
    sentenceWords.push({
      text,
      segments: [text],
      gap: wordGap,
      isQuoted: isQuoted && isEdge,
    });
  }
}

function classifyGap(gap: string): Gap {
  if (pauseMarks.test(gap)) return 'pause';
  return /\s/.test(gap) || gap === '' ? 'space' : 'within';
}

export const requestPhrases: ReadonlySet<string> = collectPhrases('requests');
export const reportPhrases: ReadonlySet<string> = collectPhrases('reports');
export const governorPhrases: ReadonlySet<string> = collectPhrases('governors');
export const greetingPhrases: ReadonlySet<string> = collectPhrases('greetings');
export const fillerPhrases: ReadonlySet<string> = collectPhrases('fillers');
export const secondPersonWords: ReadonlySet<string> = collectPhrases('secondPerson');

/** Everyday words are no misspelt names. A name among them needs a pause. */
const commonWords: ReadonlySet<string> = new Set(
  [
    ...[requestPhrases, reportPhrases, governorPhrases, greetingPhrases],
    ...[fillerPhrases, secondPersonWords, collectPhrases('notNames')],
  ].flatMap((phrases) => [...phrases].filter((phrase) => !phrase.includes(' '))),
);

/** Collects the phrases of one kind from all languages, normalised. */
export function collectPhrases(kind: keyof AddressingPhrases): ReadonlySet<string> {
  return toPhraseSet(languages.flatMap(({ addressing }) => addressing?.[kind] ?? []));
}

/** Normalises phrases as `splitSentences` does with words. */
export function toPhraseSet(phrases: readonly string[]): ReadonlySet<string> {
  return new Set(phrases.map(normalisePhrase));
}

function normalisePhrase(phrase: string) {
  return normaliseLetters(phrase).replaceAll("'", '').replace(/\s+/g, ' ').trim();
}

const latinByLetter = new Map(
  Object.entries({
    \u0430: 'a',
    \u0431: 'b',
    \u0432: 'v',
    \u0433: 'g',
    \u0491: 'g',
    \u0434: 'd',
    \u0435: 'e',
    \u044d: 'e',
    \u0454: 'e',
    \u0436: 'j',
    \u0437: 'z',
    \u0438: 'i',
    \u0456: 'i',
    \u043a: 'k',
    \u043b: 'l',
    \u043c: 'm',
    \u043d: 'n',
    \u043e: 'o',
    \u043f: 'p',
    \u0440: 'r',
    \u0441: 's',
    \u0442: 't',
    \u0443: 'u',
    \u0444: 'f',
    \u0445: 'h',
    \u0446: 'ts',
    \u0447: 'ch',
    \u0448: 'sh',
    \u0449: 'sh',
    \u044a: '',
    \u044b: 'i',
    \u044c: '',
    \u044e: 'yu',
    \u044f: 'ya',
    \u0458: 'j',
    \u0459: 'l',
    \u045a: 'n',
    \u045b: 'ch',
    \u0452: 'j',
    \u045f: 'j',
    \u03b1: 'a',
    \u03b2: 'v',
    \u03b3: 'g',
    \u03b4: 'd',
    \u03b5: 'e',
    \u03b6: 'z',
    \u03b7: 'i',
    \u03b8: 't',
    \u03b9: 'i',
    \u03ba: 'k',
    \u03bb: 'l',
    \u03bc: 'm',
    \u03bd: 'n',
    \u03be: 'x',
    \u03bf: 'o',
    \u03c0: 'p',
    \u03c1: 'r',
    \u03c3: 's',
    \u03c2: 's',
    \u03c4: 't',
    \u03c5: 'i',
    \u03c6: 'f',
    \u03c7: 'h',
    \u03c8: 'ps',
    \u03c9: 'o',
  }),
);

const latinOnly = /^[a-z0-9]+$/;

/** Makes spellings that sound alike one, in this order. */
const soundFolds: readonly (readonly [RegExp, string])[] = [
  [/^kn/, 'n'],
  [/^wr/, 'r'],
  [/s?ch|sh/g, 'j'],
  [/ph/g, 'f'],
  [/gh/g, ''],
  [/c(?=[eiy])/g, 's'],
  [/ck|[cq]/g, 'k'],
  [/x/g, 'ks'],
  [/z/g, 's'],
  [/ow(?![aeiou])/g, 'o'],
  [/w/g, 'v'],
  [/y/g, 'i'],
  [/(?<=..)(?:[aeou]r|ah|re)$/, 'a'],
  [/(?!^)h/g, ''],
  [/e[ea]/g, 'i'],
  [/oo|ou/g, 'u'],
  [/ai|ei/g, 'e'],
  [/au/g, 'o'],
  [/(.)\1+/g, '$1'],
];

/** Writes Cyrillic and Greek letters as Latin ones. Other scripts give undefined. */
export function toLatin(text: string): string | undefined {
  if (latinOnly.test(text)) return text;
  const latin = Array.from(text, (letter) => latinByLetter.get(letter) ?? letter).join(
    '',
  );
  return latinOnly.test(latin) ? latin : undefined;
}

/** Makes a rough phonetic code across languages: "nover", "novah" and "nova" have one code. */
export function toPhoneticCode(latin: string): string {
  return soundFolds.reduce(
    (sound, [spelling, into]) => sound.replace(spelling, into),
    latin,
  );
}

/** Gets how many letters of a phonetic code may differ. */
export function getMaxNameDistance(sound: string): number {
  // Another word must not become a call.
  if (sound.length <= 3) return 0;
  if (sound.length <= 6) return 1;
  return sound.length <= 10 ? 2 : maxNameDistance;
}

const maxNameDistance = 3;

/** Returns whether at most so many letters must change, come or go (Levenshtein). */
export function isWithinDistance(
  from: string,
  to: string,
  maxDistance: number,
): boolean {
  if (Math.abs(from.length - to.length) > maxDistance) return false;
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let above = 0; above < from.length; above++) {
    const next = [above + 1];
    for (let column = 1; column <= to.length; column++) {
      const substitution = from[above] === to[column - 1] ? 0 : 1;
      const [left = 0, up = 0, corner = 0] = [
        next[column - 1],
        row[column],
        row[column - 1],
      ];
      next.push(Math.min(left + 1, up + 1, corner + substitution));
    }
    row = next;
  }
  return (row[to.length] ?? 0) <= maxDistance;
}

const maxNames = 20;
const maxNameChars = 60;

/** A name of the bot, prepared for the search by `findName`. */
export type Name = {
  readonly joined: string;
  readonly isDense: boolean;
  readonly wordCount: number;
  /** Undefined if only the exact spelling counts: other scripts, and names of up to three letters. */
  readonly sound?: string;
  /** An everyday word such as Will needs a pause or a greeting to be a call. */
  readonly isEveryday: boolean;
};

/**
 * `alike` is a misspelling by a recogniser. `inflected` has an ending that no call has, such as `Nova's`. `to` is the
 * index after the name.
 */
export type NameMatch = {
  readonly spelling: 'exact' | 'alike' | 'inflected';
  readonly to: number;
};

/** `taken` holds words of the names of people present, which are never a misspelling of the bot's name. */
export type Tolerance = {
  readonly alike: boolean;
  readonly taken: ReadonlySet<string>;
};

/** Finds names in their exact spelling alone. */
export const exactSpelling: Tolerance = { alike: false, taken: new Set() };

/** Parses the first twenty names, without names that have neither letter nor digit. */
export function parseNames(names: readonly string[]): Name[] {
  return names.slice(0, maxNames).flatMap((name) => parseName(name) ?? []);
}

/** Finds a name that begins at `at`: the longest that is exact, or else the name that sounds most similar. */
export function findName(
  { words: sentenceWords }: Sentence,
  at: number,
  names: readonly Name[],
  { alike, taken }: Tolerance,
): (NameMatch & { readonly name: Name }) | undefined {
  let longestMatch: (NameMatch & { readonly name: Name }) | undefined;
  for (const name of names) {
    const hit = matchExactName(sentenceWords, at, name);
    if (hit && hit.to > (longestMatch?.to ?? 0)) longestMatch = { ...hit, name };
  }
  return (
    longestMatch ??
    (alike ? findSimilarName(sentenceWords, at, names, taken) : undefined)
  );
}

function parseName(name: string): Name | undefined {
  const nameWords = splitSentences(name.slice(0, maxNameChars)).flatMap(
    (sentence) => sentence.words,
  );
  const joined = nameWords.map(({ text }) => text).join('');
  if (joined === '') return undefined;
  const isSounded = [...joined].length > 3 && toLatin(joined) === joined;
  return {
    joined,
    isDense: isDense(joined),
    wordCount: nameWords.length,
    isEveryday: nameWords.length === 1 && commonWords.has(joined),
    sound: isSounded ? toPhoneticCode(joined) : undefined,
  };
}

function matchExactName(
  sentenceWords: readonly SentenceWord[],
  at: number,
  name: Name,
): NameMatch | undefined {
  const { text = '', segments = [] } = sentenceWords[at] ?? {};
  const to = name.joined.startsWith(text)
    ? findNameEnd(sentenceWords, at, name.joined)
    : at;
  const isSplit = to - at > name.wordCount && !name.isDense;
  if (to > at) return isSplit ? undefined : { spelling: 'exact', to };
  const isInflected = segments.length > 1 && segments.includes(name.joined);
  return isInflected ? { spelling: 'inflected', to: at + 1 } : undefined;
}

function findNameEnd(
  sentenceWords: readonly SentenceWord[],
  at: number,
  joinedName: string,
) {
  let joinedText = '';
  for (
    let to = at;
    to < sentenceWords.length && joinedName.startsWith(joinedText);
    to++
  ) {
    if (to > at && sentenceWords[to]?.gap === 'pause') break;
    joinedText += sentenceWords[to]?.text ?? '';
    if (joinedText === joinedName) return to + 1;
  }
  return at;
}

function findSimilarName(
  sentenceWords: readonly SentenceWord[],
  at: number,
  names: readonly Name[],
  taken: ReadonlySet<string>,
): (NameMatch & { readonly name: Name }) | undefined {
  const longest = Math.max(
    ...names.map(({ sound, wordCount: count }) => (sound ? count + 1 : 0)),
  );
  // As many words as the name has may differ a little. One more or less must sound the same.
  for (
    let length = 1;
    length <= Math.min(longest, sentenceWords.length - at);
    length++
  ) {
    const code = toJointPhoneticCode(sentenceWords.slice(at, at + length), taken);
    const name = code && findNearestName(code, length, names);
    if (name) return { spelling: 'alike', to: at + length, name };
  }
  return undefined;
}

function findNearestName(code: string, length: number, names: readonly Name[]) {
  for (let maxDistance = 0; maxDistance <= maxNameDistance; maxDistance++) {
    const nearest = names.find((name) => soundsLike(code, length, name, maxDistance));
    if (nearest) return nearest;
  }
  return undefined;
}

function soundsLike(
  code: string,
  length: number,
  { sound, wordCount }: Name,
  maxDistance: number,
) {
  if (sound === undefined || code[0] !== sound[0] || Math.abs(length - wordCount) > 1)
    return false;
  return isWithinDistance(
    code,
    sound,
    Math.min(maxDistance, length === wordCount ? getMaxNameDistance(sound) : 0),
  );
}

function toJointPhoneticCode(
  span: readonly SentenceWord[],
  taken: ReadonlySet<string>,
) {
  const [firstWord, ...otherWords] = span;
  if (!firstWord || firstWord.segments.length > 1 || taken.has(firstWord.text))
    return undefined;
  if (otherWords.some(({ gap }) => gap !== 'space')) return undefined;
  if (otherWords.length === 0 && commonWords.has(firstWord.text)) return undefined;
  const joined = span.map(({ text }) => text).join('');
  if (joined.length < 3 || joined.length > 2 * maxNameChars) return undefined;
  const latin = toLatin(joined);
  return latin === undefined ? undefined : toPhoneticCode(latin);
}

/** Returns whether two texts differ only in punctuation and capital letters. */
export function hasSameWords(text: string, otherText: string): boolean {
  return toPlainWords(text) === toPlainWords(otherText);
}

/** Converts to lower-case words with single spaces, without any other characters. */
export function toPlainWords(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

/** Removes names of the bot from both ends of a sentence of `toPlainWords`. */
export function trimNames(sentence: string, names: readonly string[]): string {
  let trimmed = sentence;
  for (const name of names.map(toPlainWords).filter((plainName) => plainName !== '')) {
    if (trimmed.startsWith(`${name} `)) trimmed = trimmed.slice(name.length + 1);
    if (trimmed.endsWith(` ${name}`)) trimmed = trimmed.slice(0, -name.length - 1);
  }
  return trimmed;
}

/** A name this early in an answer is the addressee, not a mention. */
const maxAddresseeChars = 40;

/** Returns whether an answer begins by addressing a person by name. */
export function beginsWithName(answer: string, name: string): boolean {
  const start = ` ${toPlainWords(answer.slice(0, maxAddresseeChars))} `;
  return start.includes(` ${toPlainWords(name)} `);
}
