import { type Locale, readTexts } from '#src/texts/texts.ts';
import type { Page } from '#tools/browsers.ts';

/** Texts and names that a reader sees or hears of, also in what is folded. Words in `code`, and what is marked as English, are nobody's sentences. */
const readShown = `(part) => {
  const shown = [];
  for (const element of document.querySelectorAll(part + ', ' + part + ' *')) {
    if (element.closest('code, [lang="en"]:not(html), option[lang], script, style, [aria-hidden] b')) continue;
    for (const { nodeType, data } of element.childNodes) if (nodeType === 3) shown.push(data.trim());
    for (const name of ['aria-label', 'aria-valuetext', 'placeholder', 'title']) shown.push(element.getAttribute(name) ?? '');
  }
  return shown.filter((text) => /\\p{L}{2}/u.test(text));
}`;

/** What makes a text with placeholders one of a language: not punctuation alone. */
const sentence = /\p{L}{3}|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u;

const escapePattern = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Splits a text at its words and plurals. */
function splitTemplate(text: string): readonly string[] {
  const pieces = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '{' && depth++ === 0) pieces.push('');
    else if (letter === '}' && depth > 0) depth--;
    else if (depth === 0) pieces[pieces.length - 1] += letter;
  }
  return pieces;
}

/**
 * Finds what a page shows that is neither a text of its language nor among `words`, which people, the bot's talk and
 * programs say. A text may stand in pieces around elements, and several may follow each other.
 */
export async function findUntranslated(
  tab: Page,
  locale: Locale,
  words: readonly string[],
  part = 'body',
): Promise<readonly string[]> {
  const templates = [...readTexts(locale)].map(([, { text }]) => splitTemplate(text));
  const pieces = templates.flat().map((piece) => piece.trim());
  const known = new Set([...pieces, ...words.map((word) => word.trim())]);
  const whole = templates
    .filter((template) => template.length > 1 && sentence.test(template.join('')))
    .map((template) => new RegExp(`^${template.map(escapePattern).join('.*')}$`, 's'));
  const isKnown = (text: string): boolean =>
    /^[^\p{L}]*(?:ms)?$/u.test(text) ||
    known.has(text) ||
    whole.some((pattern) => pattern.test(text)) ||
    [...text.matchAll(/, | · /g)].some(
      ({ index, 0: { length } }) =>
        isKnown(text.slice(0, index)) && isKnown(text.slice(index + length)),
    );
  const shownTexts = await tab.evaluate<readonly string[]>(`(${readShown})('${part}')`);
  return shownTexts.filter((text) => !isKnown(text));
}
