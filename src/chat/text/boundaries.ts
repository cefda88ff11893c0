/**
 * A place in a text where a part ends.
 *
 * `end` is the first character of the next part. `unknown`: more text must decide. `fence`: code begins there.
 */
export type Boundary = {
  readonly end: number;
  readonly kind: 'sentence' | 'pause' | 'fence' | 'unknown';
};

/** A judgement looks at no more than this much text after the place it judges. */
export const lookaheadChars = 8;

/** Closing quotes and brackets, and marks of emphasis, belong to the text they close. */
const closers = '["\'\u201d\u2019\u00bb)\\]*_~`]{0,4}';
const marks = {
  line: '\\n',
  fence: '```',
  stop: `[.!?\u2026\u061f\u06d4\u0964\u0965]+${closers}`,
  wideStop:
    '[\u3002\uff01\uff1f\uff0e\uff61]+[\u300d\u300f\u201d\u2019\uff09\u3011\u3009\u300b"]{0,4}',
  comma: `[,;:\u060c\u061b]${closers}`,
  wideComma: '[\uff0c\u3001\uff1b\uff1a]',
  dash: '(?<=\\s)[-\u2013\u2014]{1,3}(?=\\s)|\u2014',
} as const;
type BoundaryMark = keyof typeof marks;

const anyMark = new RegExp(
  Object.entries(marks)
    .map(([name, source]) => `(?<${name}>${source})`)
    .join('|'),
  'gu',
);

/** Every place where `text` may be cut, in order. Its start counts as the start of a line. */
export function* boundaries(text: string, ended: boolean): Generator<Boundary> {
  for (const { 0: found, index, groups = {} } of text.matchAll(anyMark)) {
    const mark = (Object.keys(marks) as BoundaryMark[]).find((name) => groups[name] !== undefined);
    const end = index + found.length;
    if (mark === 'fence') yield { end: index, kind: 'fence' };
    if (mark === undefined || mark === 'fence' || insideMarkup(text, end)) continue;
    const kind = judges[mark]({
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

const judges: Readonly<
  Record<Exclude<BoundaryMark, 'fence'>, (place: BoundaryPlace) => BoundaryKind>
> = {
  line: () => 'sentence',
  wideStop: (place) => whenKnown(place, () => 'sentence'),
  wideComma: () => 'pause',
  dash: (place) => whenKnown(place, () => 'pause'),
  comma: (place) => whenKnown(place, () => (/^\s/.test(place.after) ? 'pause' : undefined)),
  stop: (place) => whenKnown(place, () => (/^\s/.test(place.after) ? judgeStop(place) : undefined)),
};

function whenKnown({ after, ended }: BoundaryPlace, judge: () => BoundaryKind): BoundaryKind {
  return after === '' && !ended ? 'unknown' : judge();
}

/** A stop with a space after it: only full stops are used for anything else than ending a sentence. */
function judgeStop(place: BoundaryPlace): BoundaryKind {
  const { before, found, after, ended } = place;
  const dots = found.replace(/[^.!?\u2026\u061f\u06d4\u0964\u0965]/gu, '');
  if (!/^[.\u2026]+$/.test(dots)) return 'sentence';
  const ahead = after.slice(0, lookaheadChars).trimStart();
  if (ahead === '' && !ended && after.length < lookaheadChars) return 'unknown';
  if (dots !== '.') return /^\p{Ll}/u.test(ahead) ? 'pause' : 'sentence';
  return endsSentence(before, ahead) ? 'sentence' : undefined;
}

function endsSentence(before: string, ahead: string): boolean {
  const [written = ''] = /(?<![\p{L}\p{N}.])[\p{L}\p{N}.]*$/u.exec(before) ?? [];
  const word = written.toLowerCase();
  if (isNumbering(before, word) || isInitial(written) || isNeverLast(word)) return false;
  if (word === 'no') return !/^\d/.test(ahead);
  return !sometimesLast.has(word) || /^\p{Lu}/u.test(ahead);
}

/** `1.` at the start of a line. */
function isNumbering(before: string, word: string): boolean {
  return /^\d{1,3}$/.test(word) && /(?:^|\n)[ \t]*$/.test(before.slice(0, -word.length));
}

/** `J.` of J. Smith, but not the last word of "So do I." */
function isInitial(word: string): boolean {
  return /^\p{Lu}$/u.test(word) && word !== 'I';
}

const neverLast = new Set(
  'dr mr mrs ms prof st sr jr vs approx gen col sgt capt rev hon mt fig vol nr bzw ca www'.split(
    ' ',
  ),
);
const sometimesLast = new Set('a.m p.m etc inc ltd co corp usw'.split(' '));

/** Abbreviations that something always follows, and letters with dots: e.g, i.e, u.s. */
function isNeverLast(word: string): boolean {
  return neverLast.has(word) || (/^(?:\p{L}\.)+\p{L}$/u.test(word) && !sometimesLast.has(word));
}

/**
 * Certain end of a text that may go on: a mark after a whole word that is no abbreviation, or one that is never anything
 * else. A digit, a single letter or an open quote before it waits: 1,000, x,y, "Yes, I do,".
 */
export function sureEnd(text: string): 'sentence' | 'pause' | undefined {
  if (insideMarkup(text, text.length) || text.includes('```') || isOpen(text)) return undefined;
  if (/..[\u3002\uff01\uff1f]$/u.test(text)) return 'sentence';
  const [, word = '', mark = ''] =
    /(?:^|\s)(\p{L}[\p{L}\p{M}'\u2019-]+)([.!?,\u060c])$/u.exec(text) ?? [];
  if (/[,\u060c]/.test(mark)) return 'pause';
  const written = word.toLowerCase();
  const isUnsure = neverLast.has(written) || sometimesLast.has(written) || written === 'no';
  return written === '' || isUnsure ? undefined : 'sentence';
}

/** Whether a quote, a bracket or an emphasis has begun that a mark after the end would close. */
function isOpen(text: string): boolean {
  const count = (marks: RegExp) => text.match(marks)?.length ?? 0;
  if (count(/["\u201c\u201d\u201e\u00ab\u00bb]/g) % 2 === 1 || count(/[*_~]+/g) % 2 === 1)
    return true;
  return (
    /(?:^|\s)['\u2018]/.test(text) ||
    count(/[([\u300c\u300e\uff08\u3010\u300a\u3008]/g) >
      count(/[)\]\u300d\u300f\uff09\u3011\u300b\u3009]/g)
  );
}

/** Inside a link, or code in a line: a cut there would leave two halves that are neither. */
function insideMarkup(text: string, end: number): boolean {
  const near = text.slice(Math.max(0, end - 80), end);
  if (near.lastIndexOf('[') > near.lastIndexOf(']')) return true;
  if (near.lastIndexOf('](') > near.lastIndexOf(')')) return true;
  const line = text.slice(text.lastIndexOf('\n', end - 1) + 1, end).replace(/```/g, '');
  return line.split('`').length % 2 === 0;
}
