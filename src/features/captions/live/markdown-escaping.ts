import { address, cut, escapedInside, harmlessUncut } from '#src/texts/plain.ts';

/** Words of people on one line, without what hides, reorders or pushes aside other text; empty where nothing is visible. */
function cleanWords(words: string): string {
  const onOneLine = words.toWellFormed().replace(unseen, '').replace(spaces, ' ');
  const clean = harmlessUncut(onOneLine).replace(/ {2,}/g, ' ').trim();
  return visible.test(clean) ? clean : '';
}

/** A name in bold; `unnamed` where it has nothing visible. No address in it becomes a link. */
export function shownName(name: string, unnamed: string): string {
  const clean = cleanWords(cut(name, maxNameChars));
  const shown = clean === '' ? unnamed : escapedInside(clean).replace(/:(?=\/)/g, '\\:');
  return `**${shown}**`;
}

/** Words with markdown shown instead of obeyed, cut at `maxLength` characters. A link stays one, without a preview. */
export function shownWords(words: string, maxLength: number): string {
  const clean = cleanWords(words);
  let shown = escapedWithLinks(clean);
  for (let most = clean.length; shown.length > maxLength; ) {
    most = Math.max(1, Math.floor((most * maxLength) / shown.length) - 1);
    shown = escapedWithLinks(cut(clean, most));
  }
  return shown;
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
