/** Tracks of the bot itself: speech, and signals. */
export const ownTracks = ['voice', 'cues'] as const;
export type OwnTrack = (typeof ownTracks)[number];

export function isOwnTrack(name: string): name is OwnTrack {
  return ownTracks.some((one) => one === name);
}

/** Names on which nothing can be played: the bot's own tracks, and the word for all. */
const reserved: ReadonlySet<string> = new Set([...ownTracks, 'all']);
/** Longest name, in characters as people count them (grapheme clusters). */
const mostNameChars = 40;
/** Longest name in UTF-16 code units: a button carries no longer one. It only binds where emoji are joined or letters piled. */
export const mostNameUnits = 75;

/** Characters that show nothing, but for those by which emoji are joined and letters get another shape. */
const unseen =
  /[[\p{Cc}\p{Default_Ignorable_Code_Point}]--[\p{White_Space}\p{Variation_Selector}\u200c\u200d\u{e0020}-\u{e007f}]]/gv;
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;
const spaces = /\p{White_Space}+/gu;
/** A character that can be seen and that an address can hold: a path of dots alone is another path. */
const visible = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800.\u2026]/u;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** A name as it is shown: as it was typed in Unicode form C, with single spaces inside, and nothing unseen; the bot's own in small letters. */
export function trackName(typed: string): string {
  const name = tidyName(typed);
  const key = trackKey(name);
  return reserved.has(key) ? key : name;
}

/** A name as it is compared, the same in every language: without case (full case folding of Unicode) and unseen characters. */
export function trackKey(typed: string): string {
  return [...tidyName(typed).replace(ignorable, '')]
    .map(foldCase)
    .join('')
    .normalize('NFC');
}

/** Why nothing can be played on a track of that name; undefined where it can. */
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
 * Folds the case by way of the capital, as `\u00df` and `\u1e9e` are `ss`, and `\u03c2` is `\u03c3`. The dotless i is a
 * letter of its own.
 */
function foldCase(letter: string) {
  return letter === '\u0131'
    ? letter
    : letter.toLowerCase().toUpperCase().toLowerCase();
}
