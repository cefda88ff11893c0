/** A line of captions: the name in bold and the words, a translation, or a remark in italics. */
const captionLine = /^(?:\*\*[^*]{1,100}\*\* |-# |\*[^*]+\*$)/;

/**
 * Counts the lines of a message of captions. They repeat what bubbles show.
 * @param {string} text
 * @returns {number} 0: the message is no captions
 */
export function countCaptionLines(text) {
  const lines = text.split('\n');
  return lines.every((line) => captionLine.test(line)) ? lines.length : 0;
}
