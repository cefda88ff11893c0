import { address, cut, escapedInside, harmlessUncut } from '#src/texts/plain.ts';

/** Words as they stand in a message; `isGlued` where a word without a space in it had to be cut before them. */
export type ShownWords = { readonly words: string; readonly isGlued: boolean };

/** Words of people on one line, without what hides, reorders or pushes aside other text; empty where nothing is visible. */
export function cleanWords(words: string): string {
  const onOneLine = words.toWellFormed().replace(unseen, '').replace(spaces, ' ');
  const clean = harmlessUncut(onOneLine).replace(/ {2,}/g, ' ').trim();
  return visible.test(clean) ? clean : '';
}

/** A name in bold; `unnamed` where it has nothing visible. No address in it becomes a link. */
export function shownName(name: string, unnamed: string): string {
  const clean = cleanWords(cut(name, maxNameChars));
  return `**${clean === '' ? unnamed : escapedWithoutLinks(clean)}**`;
}

/**
 * Clean words with markdown shown instead of obeyed, in parts of at most `maxLength` characters, cut between words where
 * there are any. A link stays one, without a preview.
 */
export function shownParts(clean: string, maxLength: number): readonly ShownWords[] {
  if (clean === '') return [];
  const all = escapedWithLinks(clean);
  if (all.length <= maxLength) return [{ words: all, isGlued: false }];
  return packed(
    clean.split(' ').flatMap((word) => tokensOf(word, maxLength)),
    maxLength,
  );
}

/** Longest name; those of Discord have 32 characters. */
const maxNameChars = 100;
/** Joiners and vowel signs without any ink, beyond those of `harmless`. */
const unseen = /[\u034f\u17b4\u17b5\u180e]/g;
/** Spaces, line breaks, and letters that look like spaces; a word joiner is none. */
const spaces = /[^\S\ufeff]+|[\u0085\u115f\u1160\u2800\u3164\uffa0]+/g;
const visible = /[\p{L}\p{N}\p{P}\p{S}]/u;
const endOfSentence = new Set('.,:;!?"\')');

/** Discord shows no preview of a link within `<` and `>`. Source: Discord help, "Markdown text". */
function escapedWithLinks(words: string): string {
  return words
    .split(address)
    .map((part, n) => {
      if (n % 2 === 0) return escapedInside(part);
      let end = part.length;
      while (endOfSentence.has(part.charAt(end - 1))) end--;
      return `<${part.slice(0, end)}>${part.slice(end)}`;
    })
    .join('');
}

function escapedWithoutLinks(words: string): string {
  return escapedInside(words).replace(/:(?=\/)/g, '\\:');
}

/** Tokens side by side, as many in each part as fit. */
function packed(tokens: readonly ShownWords[], maxLength: number): readonly ShownWords[] {
  const parts: ShownWords[] = [];
  for (const token of tokens) {
    const open = parts.at(-1);
    const words = open ? `${open.words}${token.isGlued ? '' : ' '}${token.words}` : '';
    if (open && words.length <= maxLength) parts[parts.length - 1] = { ...open, words };
    else parts.push(token);
  }
  return parts;
}

/** A word, or where it is longer than a part its words by the rules of its script, its letters, its code points. */
function tokensOf(word: string, maxLength: number): readonly ShownWords[] {
  const shown = escapedWithLinks(word);
  if (shown.length <= maxLength) return [{ words: shown, isGlued: false }];
  const pieces = segmentsOf(word, 'word').flatMap((piece) =>
    piece.length * 2 <= maxLength
      ? [piece]
      : segmentsOf(piece, 'grapheme').flatMap((letter) =>
          letter.length * 2 <= maxLength ? [letter] : [...letter],
        ),
  );
  return pieces.map((piece, n) => ({
    words: escapedInside(piece).replace(/:/g, '\\:'),
    isGlued: n > 0,
  }));
}

function segmentsOf(words: string, granularity: 'word' | 'grapheme'): readonly string[] {
  return [...new Intl.Segmenter(undefined, { granularity }).segment(words)].map(
    ({ segment }) => segment,
  );
}
