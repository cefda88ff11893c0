/**
 * A line of a long reply. `value` is what it gives to its beginning, as a setting has.
 * @typedef {{ text: string, value?: string }} ReplyLine
 */

/**
 * A long reply: lines that stand open, folded ones, and the last word.
 * @typedef {object} ReplyLines
 * @property {readonly ReplyLine[]} open
 * @property {readonly ReplyLine[]} folded
 * @property {readonly ReplyLine[]} end
 */

/** Replies of more lines are folded. */
const maxOpenLines = 4;
const openLines = 3;

/**
 * Lays out the lines of a reply: a long one is folded, but for its first lines and the sentence that ends a list.
 * @param {string} text
 * @returns {ReplyLines}
 */
export function layOutReply(text) {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(readReplyLine);
  if (lines.length <= maxOpenLines) return { open: lines, folded: [], end: [] };
  const isEnd = lines.at(-1)?.value === undefined && lines.at(-2)?.value !== undefined;
  const endAt = isEnd ? lines.length - 1 : lines.length;
  return {
    open: lines.slice(0, openLines),
    folded: lines.slice(openLines, endAt),
    end: lines.slice(endAt),
  };
}

/**
 * Reads a line. `Which voice? **Nova**` and `decode: ok, Opus` have a value.
 * @param {string} line
 * @returns {ReplyLine}
 */
function readReplyLine(line) {
  const bold = line.endsWith('**') ? line.lastIndexOf('**', line.length - 3) : -1;
  if (bold > 0) return { text: line.slice(0, bold).trim(), value: line.slice(bold) };
  const colon = line.indexOf(': ');
  const isNamed =
    colon > 0 && colon <= maxNameChars && !line.slice(0, colon).includes('.');
  return isNamed
    ? { text: line.slice(0, colon), value: line.slice(colon + 2) }
    : { text: line };
}

/** A longer beginning is a sentence, not the name of a value. */
const maxNameChars = 24;
