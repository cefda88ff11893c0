export const ownTracks = ['voice', 'cues'] as const;
export type OwnTrack = (typeof ownTracks)[number];

export function isOwnTrack(name: string): name is OwnTrack {
  return ownTracks.some((one) => one === name);
}

const reserved: ReadonlySet<string> = new Set([...ownTracks, 'all']);
/** In grapheme clusters. */
const mostNameChars = 40;
/** In UTF-16 code units, so that the id of a button can hold the name. */
export const mostNameUnits = 75;

/** Invisible characters, without those that join emoji or shape letters. */
const unseen =
  /[[\p{Cc}\p{Default_Ignorable_Code_Point}]--[\p{White_Space}\p{Variation_Selector}\u200c\u200d\u{e0020}-\u{e007f}]]/gv;
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;
const spaces = /\p{White_Space}+/gu;
/** A name needs a visible character besides dots, since a path of dots is another path. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800.\u2026]/u;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/**
 * Normalises a name for display: Unicode form C, single spaces, nothing invisible. Own tracks are
 * in lower case.
 */
export function trackName(typed: string): string {
  const name = tidyName(typed);
  const key = trackKey(name);
  return reserved.has(key) ? key : name;
}

/** Normalises a name for comparison: full case folding, without invisible characters. */
export function trackKey(typed: string): string {
  return [...tidyName(typed).replace(ignorable, '')]
    .map(foldCase)
    .join('')
    .normalize('NFC');
}

/** Returns undefined for a name that people may use. */
export function findNameObjection(name: string): 'bad-name' | 'reserved' | undefined {
  if (name.length > mostNameUnits || !visible.test(name)) return 'bad-name';
  if ([...graphemes.segment(name)].length > mostNameChars) return 'bad-name';
  return reserved.has(trackKey(name)) ? 'reserved' : undefined;
}

function tidyName(typed: string) {
  return typed
    .toWellFormed()
    .replace(unseen, '')
    .replace(spaces, ' ')
    .trim()
    .normalize('NFC');
}

/**
 * Folds by way of the capital: `\u00df` and `\u1e9e` become `ss`, `\u03c2` becomes `\u03c3`. The
 * dotless i stays a letter of its own.
 */
function foldCase(letter: string) {
  return letter === '\u0131'
    ? letter
    : letter.toLowerCase().toUpperCase().toLowerCase();
}
