import { toSpeakable } from './speakable.ts';

/** End of a part. `end` is the first character of the next part, and `unknown` needs more text. */
export type Boundary = {
  readonly end: number;
  readonly kind: 'sentence' | 'pause' | 'fence' | 'unknown';
};

/** A boundary depends on no more text than this after it. */
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
    .map(([name, source]) => `(?<${name}>${source})`)
    .join('|'),
  'gu',
);

export function* findBoundaries(text: string, ended: boolean): Generator<Boundary> {
  for (const { 0: found, index, groups = {} } of text.matchAll(anyBoundaryMark)) {
    const mark = (Object.keys(boundaryMarks) as BoundaryMark[]).find(
      (name) => groups[name] !== undefined,
    );
    const end = index + found.length;
    if (mark === 'fence') yield { end: index, kind: 'fence' };
    if (mark === undefined || mark === 'fence' || isInsideMarkup(text, end)) continue;
    const kind = boundaryRules[mark]({
      before: text.slice(0, index),
      found,
      after: text.slice(end),
      ended,
    });
    if (kind) yield { end, kind };
  }
}

type BoundaryPlace = {
  readonly before: string;
  readonly found: string;
  readonly after: string;
  readonly ended: boolean;
};
type BoundaryKind = Boundary['kind'] | undefined;

const boundaryRules: Readonly<
  Record<Exclude<BoundaryMark, 'fence'>, (place: BoundaryPlace) => BoundaryKind>
> = {
  line: () => 'sentence',
  wideStop: (place) => decideWhenKnown(place, () => 'sentence'),
  wideComma: () => 'pause',
  dash: (place) => decideWhenKnown(place, () => 'pause'),
  comma: (place) =>
    decideWhenKnown(place, () => (/^\s/.test(place.after) ? 'pause' : undefined)),
  stop: (place) =>
    decideWhenKnown(place, () =>
      /^\s/.test(place.after) ? classifyStop(place) : undefined,
    ),
};

function decideWhenKnown({ after, ended }: BoundaryPlace, judge: () => BoundaryKind) {
  return after === '' && !ended ? 'unknown' : judge();
}

function classifyStop(place: BoundaryPlace) {
  const { before, found, after, ended } = place;
  const dots = found.replace(/[^.!?\u2026\u061f\u06d4\u0964\u0965]/gu, '');
  // Only full stops may stand for anything but the end of a sentence.
  if (!/^[.\u2026]+$/.test(dots)) return 'sentence';
  const ahead = after.slice(0, lookaheadChars).trimStart();
  if (ahead === '' && !ended && after.length < lookaheadChars) return 'unknown';
  if (dots !== '.') return /^\p{Ll}/u.test(ahead) ? 'pause' : 'sentence';
  return endsSentence(before, ahead) ? 'sentence' : undefined;
}

function endsSentence(before: string, ahead: string) {
  const [written = ''] = /(?<![\p{L}\p{N}.])[\p{L}\p{N}.]*$/u.exec(before) ?? [];
  const word = written.toLowerCase();
  if (isNumbering(before, word) || isInitial(written) || isNeverLastWord(word))
    return false;
  if (word === 'no') return !/^\d/.test(ahead);
  return !sometimesLast.has(word) || /^\p{Lu}/u.test(ahead);
}

/** Recognises `1.` at the start of a line. */
function isNumbering(before: string, word: string) {
  return (
    /^\d{1,3}$/.test(word) && /(?:^|\n)[ \t]*$/.test(before.slice(0, -word.length))
  );
}

/** Recognises the `J.` of J. Smith, but not the last word of "So do I." */
function isInitial(word: string) {
  return /^\p{Lu}$/u.test(word) && word !== 'I';
}

const neverLast = new Set(
  'dr mr mrs ms prof st sr jr vs approx gen col sgt capt rev hon mt fig vol nr bzw ca www'.split(
    ' ',
  ),
);
const sometimesLast = new Set('a.m p.m etc inc ltd co corp usw'.split(' '));

/** Recognises abbreviations that end no sentence, and letters with dots: e.g, i.e, u.s. */
function isNeverLastWord(word: string) {
  return (
    neverLast.has(word) ||
    (/^(?:\p{L}\.)+\p{L}$/u.test(word) && !sometimesLast.has(word))
  );
}

/** Finds the certain end of a text that may go on. */
export function findSureEnd(text: string): 'sentence' | 'pause' | undefined {
  if (isInsideMarkup(text, text.length) || /```|~~~/.test(text) || hasOpenMark(text))
    return undefined;
  if (/..(?![.!?])[\u3002\uff01\uff1f\p{STerm}]$/u.test(text)) return 'sentence';
  // A digit, a single letter or an open quote before a mark must wait: 1,000, x,y, "Yes, I do,".
  const [, word = '', mark = ''] =
    /(?:^|\s)(\p{L}[\p{L}\p{M}'\u2019-]+)([.!?,\u060c])$/u.exec(text) ?? [];
  if (/[,\u060c]/.test(mark)) return 'pause';
  const written = word.toLowerCase();
  const isUnsure =
    neverLast.has(written) || sometimesLast.has(written) || written === 'no';
  return written === '' || isUnsure ? undefined : 'sentence';
}

function hasOpenMark(text: string) {
  const count = (marks: RegExp) => text.match(marks)?.length ?? 0;
  if (
    count(/["\u201c\u201d\u201e\u00ab\u00bb]/g) % 2 === 1 ||
    count(/[*_~]+/g) % 2 === 1
  )
    return true;
  return (
    /(?:^|\s)['\u2018]/.test(text) ||
    count(/[([\u300c\u300e\uff08\u3010\u300a\u3008]/g) >
      count(/[)\]\u300d\u300f\uff09\u3011\u300b\u3009]/g)
  );
}

function isInsideMarkup(text: string, end: number) {
  // A cut inside a link or inline code would leave two broken halves.
  const near = text.slice(Math.max(0, end - 80), end);
  if (near.lastIndexOf('[') > near.lastIndexOf(']')) return true;
  if (near.lastIndexOf('](') > near.lastIndexOf(')')) return true;
  if (text.slice(0, end).split('||').length % 2 === 0) return true;
  const line = text.slice(text.lastIndexOf('\n', end - 1) + 1, end).replace(/```/g, '');
  return line.split('`').length % 2 === 0;
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

/** Enough to recognise an address, and too short to overfill a clause. */
const maxAddressChars = 40;
const addressStart = /https?:\/\/|www\./i;
const addressEnd = /[a-z0-9/]$/i;
const addressMark = /^[)\]>"'`*_.,;:!?]$/;

/**
 * Splits streamed text into clauses: a short one first, then whole sentences.
 *
 * The cuts depend on the text alone, not on its pieces, so each waits for the character that proves it. An eager
 * splitter does not wait for the end of the first clause. A fenced block of code is one clause.
 *
 * @example
 * import { createClauseSplitter } from '#src/chat/text/clause-splitter.ts';
 *
 * const splitter = createClauseSplitter();
 * const clauses = [...splitter.push('Yes. Mr. Smith has left the house. '), ...splitter.flush()];
 * clauses; // ['Yes.', 'Mr. Smith has left the house.']
 */
export function createClauseSplitter({
  eager = false,
}: {
  readonly eager?: boolean;
} = {}) {
  let rest = '';
  let rules = firstClauseRules;

  function splitRest(ended: boolean) {
    const clauses: string[] = [];
    for (;;) {
      rest = rest.trimStart();
      const end = findClauseEnd(rest, rules, ended);
      if (end === undefined) return clauses;
      const clause = rest.slice(0, end).trimEnd();
      rest = rest.slice(end);
      if (/[\p{L}\p{N}]/u.test(clause) && !fenceStart.test(clause))
        rules = laterClauseRules;
      clauses.push(clause);
    }
  }

  return {
    push(text: string): string[] {
      rest += text;
      return splitRest(eager && rules === firstClauseRules && endsFirstClause(rest));
    },
    /** Returns the last clauses. Later text is split like a new one. */
    flush(): string[] {
      const clauses = splitRest(true);
      rules = firstClauseRules;
      return clauses;
    },
  };
}

const fenceStart = /^(?:```|~~~)/;

function endsFirstClause(text: string) {
  const kind = findSureEnd(text);
  return kind !== undefined && isLongEnough(text.trimStart(), kind, firstClauseRules);
}

function findClauseEnd(text: string, rules: ClauseRules, ended: boolean) {
  if (fenceStart.test(text)) return findFenceEnd(text, ended);
  const { end, pause, waits } = findEnd(text, rules, ended);
  if (end !== undefined || waits || text === '') return end;
  if (ended && text.length <= rules.maxChars) return text.length;
  const proven = ended || text.length >= rules.maxChars + lookaheadChars;
  return proven ? findForcedEnd(text, rules.maxChars, pause) : undefined;
}

type FoundClause = {
  readonly end?: number;
  readonly pause: number;
  readonly waits: boolean;
};

function findEnd(text: string, rules: ClauseRules, ended: boolean): FoundClause {
  let pause = 0;
  // Reading on for each clause would take quadratic time.
  const near = text.slice(0, rules.maxChars + lookaheadChars + 1);
  for (const { end, kind } of findBoundaries(near, ended)) {
    if (end > rules.maxChars) break;
    if (kind === 'unknown') return { pause, waits: true };
    if (kind === 'fence' || isLongEnough(text.slice(0, end), kind, rules)) {
      return { end, pause, waits: false };
    }
    pause = end;
  }
  return { pause, waits: false };
}

function isLongEnough(clause: string, kind: 'sentence' | 'pause', rules: ClauseRules) {
  const words = countWords(clause);
  if (kind === 'pause') return words >= rules.pauseWords;
  return words > 0 && clause.length >= rules.minChars;
}

function findFenceEnd(text: string, ended: boolean) {
  const closing = text.indexOf(text.slice(0, 3), 3);
  if (closing >= 0) return closing + 3;
  return ended ? text.length : undefined;
}

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Cuts at a late pause, or else between words, or else inside one, but never inside a character. */
function findForcedEnd(text: string, longestChars: number, pause: number) {
  if (pause > longestChars / 2) return pause;
  const space = text.slice(0, longestChars).search(/\s\S*$/);
  if (space > longestChars / 2) return space;
  const near = text.slice(0, longestChars + lookaheadChars);
  const starts = [...wordSegmenter.segment(near)].map(({ index }) => index);
  // Words near the end of `near` may be cut off.
  const between =
    starts.findLast((index) => index <= longestChars - lookaheadChars) ?? 0;
  if (between > 0) return between;
  const cut = text.slice(0, longestChars).replace(/[\uD800-\uDBFF]$/, '');
  return cut.length;
}

const wordOrIdeogram =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}][\p{L}\p{M}\p{N}'\u2019.-]*/gu;

function countWords(text: string) {
  const found = text.match(wordOrIdeogram) ?? [];
  const ideograms = found.filter((word) =>
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]$/u.test(word),
  );
  // An ideogram counts as half a word.
  return found.length - ideograms.length / 2;
}

/**
 * Shortens addresses in a streamed text, which are not spoken, to 40 characters, so that no clause ends inside one.
 */
export function createAddressShortener() {
  /** Output since the last character that no address holds. */
  let run = '';
  let marks = '';

  function flush(): string {
    const rest = marks;
    marks = '';
    run = '';
    return rest;
  }

  function addCharacter(one: string) {
    if (!/^[!-~]$/.test(one)) return flush() + one;
    const start = run.search(addressStart);
    const addressChars = start < 0 || !addressEnd.test(run) ? 0 : run.length - start;
    const isLong = addressChars >= maxAddressChars;
    if (!isLong) {
      run = (run + one).slice(-2 * maxAddressChars);
      return one;
    }
    marks = addressMark.test(one) ? marks + one : '';
    return '';
  }

  return {
    push(text: string): string {
      return Array.from(text, addCharacter).join('');
    },
    flush,
  };
}

export function splitClauses(words: string): readonly string[] {
  const splitter = createClauseSplitter();
  return [...splitter.push(words), ...splitter.flush()]
    .map(toSpeakable)
    .filter((clause) => clause !== '');
}
