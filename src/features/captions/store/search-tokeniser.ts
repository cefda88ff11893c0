/** Letters, digits and the signs that belong to letters. */
const runs = /[\p{L}\p{N}\p{M}]+/gu;
/** Scripts that put no space between words. */
const spaceless =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic; not the vowels of Hindi or the dakuten of Japanese. */
const accents = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652]/g;
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
/** Longest word, in UTF-16 units, that is told from others. */
const mostUnits = 64;
/** Words of one line that are told apart; further ones are not found. A row of words takes 1 MB at most. */
const mostTerms = 4_000;

/** Words of a text in order, without case and accents: as the index holds them, and as they are searched for. */
export function wordsOf(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replace(accents, '').normalize('NFC');
  const lower = folded.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3');
  const words = (lower.match(runs) ?? []).flatMap((run) =>
    spaceless.test(run) ? segmented(run) : [run],
  );
  return words.map((word) => word.slice(0, mostUnits).toWellFormed());
}

function segmented(run: string): readonly string[] {
  return [...segmenter.segment(run)].map(({ segment }) => segment);
}

/** Terms of a line, as a literal of `tsvector`. No word has a sign that would need care there. */
export function termsOf(guildId: string, text: string): string {
  const words = [...new Set(wordsOf(text))].slice(0, mostTerms);
  return words.map((word) => `'${termOf(guildId, word)}'`).join(' ');
}

/**
 * A word behind its server: so common words of other servers cost a search nothing. The dot is no letter, so that no word of
 * another server is the same term.
 */
export function termOf(guildId: string, word: string): string {
  return `${guildId}\u00b7${word}`;
}
