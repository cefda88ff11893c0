/** @import pageTexts from '../../src/texts/en/page.json' */
/** @import runningTexts from '../../src/texts/en/running.json' */

/** @typedef {typeof pageTexts & typeof runningTexts} EnglishTexts */
/** @typedef {keyof EnglishTexts} TextId */

/**
 * Names of the words that a text takes.
 * @template {TextId} Id
 * @typedef {EnglishTexts[Id] extends { with: infer Words } ? keyof Words & string : never} WordOf
 */

/**
 * Words of a text by name, nothing for a text without words.
 * @template {TextId} Id
 * @template [Value=string | number]
 * @typedef {[WordOf<Id>] extends [never] ? [] : [Readonly<Record<WordOf<Id>, Value>>]} ValuesOf
 */

/**
 * A text that is not formatted yet.
 * @typedef {{ [Id in TextId]: [WordOf<Id>] extends [never] ? { id: Id } : { id: Id, with: Readonly<Record<WordOf<Id>, string | number>> } }[TextId]} TextLine
 */

/** Texts of the page's language by id, from `/texts/LOCALE`. @type {Readonly<Record<string, string>>} */
let texts = {};
let locale = 'en';

/**
 * Takes the texts of a language. Views that are drawn from then on use them.
 * @param {string} nextLocale
 * @param {Readonly<Record<string, string>>} nextTexts
 * @returns {void}
 */
export function useTexts(nextLocale, nextTexts) {
  locale = nextLocale;
  texts = nextTexts;
}

/**
 * Returns the language of the page, for formats of dates and numbers.
 * @returns {string}
 */
export function getLocale() {
  return locale;
}

/**
 * Formats a text of `src/texts/LOCALE/page.json` in the page's language.
 * @example formatText('page.speaks', { name: 'Ben' })
 * @template {TextId} Id
 * @param {Id} id
 * @param {ValuesOf<Id>} values
 * @returns {string}
 */
export function formatText(id, ...values) {
  return splitText(id, values[0]).join('');
}

/**
 * Formats a text around elements: its pieces, in the order of the language.
 * @example formatPieces('page.hold', { key: html`<kbd>Space</kbd>` })
 * @template {TextId} Id
 * @param {Id} id
 * @param {ValuesOf<Id, unknown>} values
 * @returns {readonly unknown[]}
 */
export function formatPieces(id, ...values) {
  return splitText(id, values[0]);
}

/**
 * Formats a text that was chosen elsewhere.
 * @param {TextLine} textLine
 * @returns {string}
 */
export function formatLine(textLine) {
  return splitText(textLine.id, 'with' in textLine ? textLine.with : {}).join('');
}

/**
 * Splits a text at its words, and puts the values there.
 * @param {TextId} id
 * @param {Readonly<Record<string, unknown>>} [values]
 * @returns {unknown[]}
 */
function splitText(id, values = {}) {
  const pieces = (texts[id] ?? id).split(/\{(\w+)\}/);
  return pieces.map((piece, n) =>
    n % 2 === 0 ? piece : (values[piece] ?? `{${piece}}`),
  );
}
