import { findAddressEnd } from '#src/base/addresses/addresses.ts';
import { findLocale, type Locale, listFixedTexts } from '#src/texts/texts.ts';
import { toSpeakable } from './speakable.ts';

/** End of a part of a text. `end` is the first character of the next part, and `unknown` needs more text. */
export type Boundary = {
  readonly end: number;
  readonly kind: 'sentence' | 'pause' | 'fence' | 'unknown';
};

/** A boundary depends on at most so many characters behind it. */
const lookaheadChars = 8;

/** Closing quotes, brackets and marks of emphasis belong to the text they close. */
const closers = '["\'\u201d\u2019\u00bb)\\]*_~`]{0,4}';
const boundaryMarks = {
  line: '\\n',
  fence: '```|~~~',
  stop: `[.!?\u2026\u061f\u06d4\u0964\u0965]+${closers}`,
  /** Stops that scripts use for nothing else: Unicode's property, without those above. */
  wideStop:
    '(?:(?![.!?\u2026\u061f\u06d4\u0964\u0965\u104a])[\\p{STerm}\uff0e\uff61\u0f0d\u0f0e])+[\u300d\u300f\u201d\u2019\uff09\u3011\u3009\u300b"]{0,4}',
  comma: `[,;:\u060c\u061b]${closers}`,
  wideComma: '[\uff0c\u3001\uff1b\uff1a\u104a\u1363-\u1365\u1802\u1808]',
  dash: '(?<=\\s)[-\u2013\u2014]{1,3}(?=\\s)|\u2014',
} as const;
type BoundaryMark = keyof typeof boundaryMarks;

const anyBoundaryMark = new RegExp(
  Object.entries(boundaryMarks)
    .map(([name, pattern]) => `(?<${name}>${pattern})`)
    .join('|'),
  'gu',
);

/** Finds the boundaries of a text. With `isEnded` no text follows. */
export function* findBoundaries(text: string, isEnded: boolean): Generator<Boundary> {
  for (const { 0: match, index, groups = {} } of text.matchAll(anyBoundaryMark)) {
    const mark = (Object.keys(boundaryMarks) as BoundaryMark[]).find(
      (name) => groups[name] !== undefined,
    );
    const end = index + match.length;
    if (mark === 'fence') yield { end: index, kind: 'fence' };
    if (mark === undefined || mark === 'fence' || isInsideMarkup(text, end)) continue;
    const kind = boundaryRules[mark]({
      textBefore: text.slice(0, index),
      match,
      textAfter: text.slice(end),
      isEnded,
    });
    if (kind) yield { end, kind };
  }
}

type BoundaryContext = {
  readonly textBefore: string;
  /** The mark as the text has it. */
  readonly match: string;
  readonly textAfter: string;
  readonly isEnded: boolean;
};
type BoundaryKind = Boundary['kind'] | undefined;

const boundaryRules: Readonly<
  Record<Exclude<BoundaryMark, 'fence'>, (context: BoundaryContext) => BoundaryKind>
> = {
  line: () => 'sentence',
  wideStop: (context) => decideWhenKnown(context, () => 'sentence'),
  wideComma: () => 'pause',
  dash: (context) => decideWhenKnown(context, () => 'pause'),
  comma: (context) =>
    decideWhenKnown(context, () =>
      /^\s/.test(context.textAfter) ? 'pause' : undefined,
    ),
  stop: (context) =>
    decideWhenKnown(context, () =>
      /^\s/.test(context.textAfter) ? classifyStop(context) : undefined,
    ),
};

function decideWhenKnown(
  { textAfter, isEnded }: BoundaryContext,
  decide: () => BoundaryKind,
) {
  return textAfter === '' && !isEnded ? 'unknown' : decide();
}

function classifyStop(context: BoundaryContext) {
  const { textBefore, match, textAfter, isEnded } = context;
  const dots = match.replace(/[^.!?\u2026\u061f\u06d4\u0964\u0965]/gu, '');
  // Only full stops may stand for anything but the end of a sentence.
  if (!/^[.\u2026]+$/.test(dots)) return 'sentence';
  const ahead = textAfter.slice(0, lookaheadChars).trimStart();
  if (ahead === '' && !isEnded && textAfter.length < lookaheadChars) return 'unknown';
  if (dots !== '.') return /^\p{Ll}/u.test(ahead) ? 'pause' : 'sentence';
  return endsSentence(textBefore, ahead) ? 'sentence' : undefined;
}

function endsSentence(textBefore: string, ahead: string) {
  const [lastWord = ''] = /(?<![\p{L}\p{N}.])[\p{L}\p{N}.]*$/u.exec(textBefore) ?? [];
  const word = lastWord.toLowerCase();
  const isMeasure = /\d\s?$/.test(textBefore.slice(0, -word.length));
  if (isNumbering(textBefore, word) || isInitial(lastWord)) return false;
  if (!isMeasure && isAbbreviation(lastWord)) return false;
  // Sentences begin with a small letter where a text has no large one.
  if (/^\p{Ll}/u.test(ahead) && /\p{Lu}/u.test(textBefore)) return false;
  if (/^\d/.test(ahead) && shortWord.test(word)) return false;
  return !sometimesLast.has(word) || /^\p{Lu}/u.test(ahead);
}

/** Number 5, page 12 and the like are abbreviated so in many languages: `no. 5`, `p. 12`, `Abb. 3`, `n\u00fam. 7`. */
const shortWord = /^\p{Script=Latin}{1,4}$/u;

/** Recognises `1.` at the start of a line. */
function isNumbering(textBefore: string, word: string) {
  return (
    /^\d{1,3}$/.test(word) && /(?:^|\n)[ \t]*$/.test(textBefore.slice(0, -word.length))
  );
}

/** Recognises the `J.` of J. Smith and the `z.` of "z. B.", but not the last word of "So do I." */
function isInitial(word: string) {
  return /^[\p{Lu}\p{Ll}]$/u.test(word) && word !== 'I';
}

/** Titles and the like with vowels. Those without are known by that. */
const neverLast = new Set(
  'prof approx gen col capt rev hon ca sra srta dra mme mlle'.split(' '),
);
const sometimesLast = new Set('a.m p.m etc inc ltd co corp usw'.split(' '));
/** No whole word of our languages is so short without a vowel: Dr, Mrs, St, vgl, bzw, \u015bw. */
const withoutVowels = /^[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz][b-df-hj-np-tv-xz]{1,3}$/;

/** Recognises abbreviations that end no sentence, and letters with dots: e.g, i.e, u.s. Capitals alone are a name: GPS. */
function isAbbreviation(word: string) {
  const letters = word.normalize('NFD').replace(/\p{M}/gu, '');
  const lowerWord = word.toLowerCase();
  if (sometimesLast.has(lowerWord)) return false;
  return (
    neverLast.has(lowerWord) ||
    withoutVowels.test(letters) ||
    /^(?:\p{L}\.)+\p{L}$/u.test(lowerWord)
  );
}

/**
 * Returns the kind of end that a text has for sure, although more may follow. Undefined if the text may end in the
 * middle of a clause.
 */
export function findSureEnd(text: string): 'sentence' | 'pause' | undefined {
  if (isInsideMarkup(text, text.length) || /```|~~~/.test(text) || hasOpenMark(text))
    return undefined;
  if (/..(?![.!?])[\u3002\uff01\uff1f\p{STerm}]$/u.test(text)) return 'sentence';
  // A digit, a single letter or an open quote before a mark must wait: 1,000, x,y, "Yes, I do,".
  const [, word = '', mark = ''] =
    /(?:^|\s)(\p{L}[\p{L}\p{M}'\u2019-]+)([.!?,\u060c])$/u.exec(text) ?? [];
  if (/[,\u060c]/.test(mark)) return 'pause';
  const isUnsure =
    isAbbreviation(word) || sometimesLast.has(word.toLowerCase()) || /^no$/i.test(word);
  return word === '' || isUnsure ? undefined : 'sentence';
}

function hasOpenMark(text: string) {
  const countMarks = (marks: RegExp) => text.match(marks)?.length ?? 0;
  if (
    countMarks(/["\u201c\u201d\u201e\u00ab\u00bb]/g) % 2 === 1 ||
    countMarks(/[*_~]+/g) % 2 === 1
  )
    return true;
  return (
    /(?:^|\s)['\u2018]/.test(text) ||
    countMarks(/[([\u300c\u300e\uff08\u3010\u300a\u3008]/g) >
      countMarks(/[)\]\u300d\u300f\uff09\u3011\u300b\u3009]/g)
  );
}

function isInsideMarkup(text: string, end: number) {
  // A cut inside a link or inline code would leave two broken halves.
  const near = text.slice(Math.max(0, end - 80), end);
  if (near.lastIndexOf('[') > near.lastIndexOf(']')) return true;
  if (near.lastIndexOf('](') > near.lastIndexOf(')')) return true;
  if (text.slice(0, end).split('||').length % 2 === 0) return true;
  const textLine = text
    .slice(text.lastIndexOf('\n', end - 1) + 1, end)
    .replace(/```/g, '');
  return textLine.split('`').length % 2 === 0;
}

type ClauseRules = {
  readonly pauseWords: number;
  readonly minChars: number;
  readonly maxChars: number;
};

/** Listeners wait for the first clause. */
const firstClauseRules: ClauseRules = { pauseWords: 3, minChars: 1, maxChars: 100 };
/** Whole sentences sound better, and the first clause is already playing. */
const laterClauseRules: ClauseRules = {
  pauseWords: Infinity,
  minChars: 25,
  maxChars: 240,
};

/** A longer address is cut like any other text. */
const maxAddressChars = 2_000;

/** How a text is split. */
export type ClauseSplitterOptions = {
  /** Ends the first clause as soon as its end is certain. */
  readonly isEager?: boolean;
};

/**
 * Splits streamed text into clauses: a short one first, then whole sentences.
 *
 * The cuts depend on the text alone, not on its pieces, so each waits for the character that proves the cut. An eager
 * splitter does not wait for the end of the first clause. A fenced block of code is one clause.
 *
 * @example
 * import { ClauseSplitter } from '#src/chat/text/clause-splitter.ts';
 *
 * const splitter = new ClauseSplitter();
 * const clauses = [...splitter.push('Yes. Mr. Smith has left the house. '), ...splitter.flush()];
 * clauses; // ['Yes.', 'Mr. Smith has left the house.']
 */
export class ClauseSplitter {
  readonly #isEager: boolean;
  #unsplit = '';
  #rules = firstClauseRules;

  constructor({ isEager = false }: ClauseSplitterOptions = {}) {
    this.#isEager = isEager;
  }

  /** Adds text, and returns the clauses that are whole now. */
  push(text: string): string[] {
    this.#unsplit += text;
    const isEnded =
      this.#isEager &&
      this.#rules === firstClauseRules &&
      endsFirstClause(this.#unsplit);
    return this.#splitText(isEnded);
  }

  /** Returns the last clauses. Later text is split like a new one. */
  flush(): string[] {
    const clauses = this.#splitText(true);
    this.#rules = firstClauseRules;
    return clauses;
  }

  #splitText(isEnded: boolean) {
    const clauses: string[] = [];
    for (;;) {
      this.#unsplit = this.#unsplit.trimStart();
      const end = findClauseEnd(this.#unsplit, this.#rules, isEnded);
      if (end === undefined) return clauses;
      const clause = this.#unsplit.slice(0, end).trimEnd();
      this.#unsplit = this.#unsplit.slice(end);
      if (/[\p{L}\p{N}]/u.test(clause) && !fenceStart.test(clause))
        this.#rules = laterClauseRules;
      clauses.push(clause);
    }
  }
}

const fenceStart = /^(?:```|~~~)/;

function endsFirstClause(text: string) {
  const kind = findSureEnd(text);
  return kind !== undefined && isLongEnough(text.trimStart(), kind, firstClauseRules);
}

function findClauseEnd(text: string, rules: ClauseRules, isEnded: boolean) {
  if (fenceStart.test(text)) return findFenceEnd(text, isEnded);
  const { end, pause, isUnknown } = searchClauseEnd(text, rules, isEnded);
  if (end !== undefined || isUnknown || text === '') return end;
  if (isEnded && text.length <= rules.maxChars) return text.length;
  const isProven = isEnded || text.length >= rules.maxChars + lookaheadChars;
  return isProven ? findForcedEnd(text, rules.maxChars, { isEnded, pause }) : undefined;
}

type ClauseSearch = {
  readonly end?: number;
  /** End of the last pause before a clause may end. */
  readonly pause: number;
  /** More text decides. */
  readonly isUnknown: boolean;
};

function searchClauseEnd(
  text: string,
  rules: ClauseRules,
  isEnded: boolean,
): ClauseSearch {
  let pause = 0;
  // Reading on for each clause would take quadratic time.
  const near = text.slice(0, rules.maxChars + lookaheadChars + 1);
  for (const { end, kind } of findBoundaries(near, isEnded)) {
    if (end > rules.maxChars) break;
    if (kind === 'unknown') return { pause, isUnknown: true };
    if (kind === 'fence' || isLongEnough(text.slice(0, end), kind, rules)) {
      return { end, pause, isUnknown: false };
    }
    pause = end;
  }
  return { pause, isUnknown: false };
}

function isLongEnough(clause: string, kind: 'sentence' | 'pause', rules: ClauseRules) {
  const wordCount = countWords(clause);
  if (kind === 'pause') return wordCount >= rules.pauseWords;
  return wordCount > 0 && clause.length >= rules.minChars;
}

function findFenceEnd(text: string, isEnded: boolean) {
  const closing = text.indexOf(text.slice(0, 3), 3);
  if (closing >= 0) return closing + 3;
  return isEnded ? text.length : undefined;
}

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/**
 * Cuts at a late pause, or else between words, or else inside one, but never inside a character or an address.
 * Undefined: the end of the address is still to come.
 */
function findForcedEnd(
  text: string,
  maxChars: number,
  { isEnded, pause }: { readonly isEnded: boolean; readonly pause: number },
) {
  if (pause > maxChars / 2) return pause;
  const space = text.slice(0, maxChars).search(/\s\S*$/);
  if (space > maxChars / 2) return space;
  const addressEnd = findAddressEnd(text.slice(0, maxAddressChars), pause, maxChars);
  if (addressEnd === 'unknown' && text.length < maxAddressChars)
    return isEnded ? text.length : undefined;
  if (typeof addressEnd === 'number') return addressEnd;
  const near = text.slice(0, maxChars + lookaheadChars);
  const starts = [...wordSegmenter.segment(near)].map(({ index }) => index);
  // Words near the end of `near` may be cut off.
  const between = starts.findLast((index) => index <= maxChars - lookaheadChars) ?? 0;
  if (between > 0) return between;
  const cut = text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '');
  return cut.length;
}

const wordOrIdeogram =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}][\p{L}\p{M}\p{N}'\u2019.-]*/gu;

function countWords(text: string) {
  const matches = text.match(wordOrIdeogram) ?? [];
  const ideograms = matches.filter((word) =>
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(word),
  );
  // An ideogram counts as half a word.
  return matches.length - ideograms.length / 2;
}

/** Splits a whole text into the clauses that can be spoken. */
export function splitClauses(text: string): readonly string[] {
  const splitter = new ClauseSplitter();
  return [...splitter.push(text), ...splitter.flush()]
    .map(toSpeakable)
    .filter((clause) => clause !== '');
}

/** Fixed sentences and their clauses, cut once in a process: a restart by the page opens engines anew, and the texts stay. */
const sentencesByLocale = new Map<Locale, ReadonlySet<string>>();

/** Is this a fixed sentence of the bot in that language, or a clause of one? */
export function isBotSentence(text: string, language: string | undefined): boolean {
  const locale = findLocale(language) ?? 'en';
  const sentences = sentencesByLocale.get(locale) ?? new Set(listPieces(locale));
  sentencesByLocale.set(locale, sentences);
  return sentences.has(text);
}

function* listPieces(locale: Locale) {
  for (const whole of listFixedTexts(locale)) {
    yield whole;
    yield* splitClauses(whole);
  }
}
