/**
 * An answer in two parts: what was heard, and what was cut off.
 * @typedef {object} HeardText
 * @property {string} heard
 * @property {string} unheard empty where all of it was heard
 */

/**
 * Divides an answer where it was cut. Words are compared, as the heard ones may have other spaces between them.
 * @param {string} text the whole answer
 * @param {string} heardText the words of it that were heard
 * @returns {HeardText}
 */
export function splitHeardText(text, heardText) {
  const heardWords = listWords(heardText);
  if (heardWords.length === 0) return { heard: '', unheard: text.trim() };
  const words = listWords(text);
  const isBeginning = heardWords.every(({ word }, n) => word === words[n]?.word);
  const end = words[heardWords.length - 1]?.end;
  // Words that are no beginning of the answer, as of a translation, stand alone.
  if (!isBeginning || end === undefined) return { heard: heardText, unheard: '' };
  return { heard: text.slice(0, end), unheard: text.slice(end).trim() };
}

/**
 * Lists the words of a text, without their marks, and where they end: "two" of "One, two" is the "two," of the whole answer.
 * @param {string} text
 * @returns {readonly { word: string, end: number }[]}
 */
function listWords(text) {
  return [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({
    word: word.replaceAll(/[^\p{L}\p{N}]/gu, ''),
    end: index + word.length,
  }));
}

/** Messages are cut beyond 2,000 characters: https://discord.com/developers/docs/resources/message */
const minCutChars = 1_900;

/**
 * Tests whether a message says a text. A mention may stand before it, its signs are made harmless, and a long one is cut.
 * @param {string} message
 * @param {string} text
 * @returns {boolean}
 */
export function isWritten(message, text) {
  const written = listLetters(message.replace(/^<@!?\d+> /, ''));
  const spoken = listLetters(text);
  return message.length > minCutChars ? spoken.startsWith(written) : written === spoken;
}

/**
 * Lists the letters and digits of a text, or else all of its signs.
 * @param {string} text
 * @returns {string}
 */
function listLetters(text) {
  return text.replace(/[^\p{L}\p{N}]/gu, '') || text.trim();
}
