/** A line of captions: the name in bold and the words, a translation, or a remark in italics. */
const captionLine = /^(?:\*\*([^*]{1,100})\*\* |-# |\*[^*]+\*$)/;

/**
 * Counts the lines of a message of captions. They repeat what bubbles show.
 * @param {string} text
 * @param {readonly string[]} names of people and the bot
 * @returns {number} 0: the message is no captions
 */
export function countCaptionLines(text, names) {
  const lines = text.split('\n');
  const isCaption = lines.every((line) => {
    const match = captionLine.exec(line);
    return match && (match[1] === undefined || names.includes(match[1]));
  });
  return isCaption ? lines.length : 0;
}
