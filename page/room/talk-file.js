/** @import { Item, RoomState } from './room-types.js' */
import { splitHeardText } from './heard-text.js';

/**
 * Words of the file beside those of the talk.
 * @typedef {object} TalkFileWords
 * @property {(heard: string, unheard: string) => string} cut marks what was not heard of an answer
 */

/**
 * Formats the talk as text, a line for each item, with the time of the reader's clock.
 * @param {RoomState} state
 * @param {string} locale
 * @param {TalkFileWords} words
 * @returns {string}
 */
export function formatTalk({ items, room }, locale, words) {
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const lines = items.flatMap((item) => {
    const text = formatItem(item, words);
    if (text === '') return [];
    const time = item.wallMs === undefined ? '' : `[${clock.format(item.wallMs)}] `;
    return [`${time}${findSpeaker(item, room)}: ${text.replaceAll('\n', '\n    ')}`];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * Formats what an item says. Empty: it says nothing of the talk.
 * @param {Item} item
 * @param {TalkFileWords} words
 * @returns {string}
 */
function formatItem(item, words) {
  switch (item.kind) {
    case 'said':
    case 'command':
    case 'message':
      return item.text;
    case 'answering':
      return item.text ?? '';
    case 'answered': {
      const { heard, unheard } = splitHeardText(item.text, item.heardText);
      return item.finish === 'cancelled' && unheard !== ''
        ? words.cut(heard, unheard)
        : item.text;
    }
    default:
      return '';
  }
}

/**
 * Finds the name before the words of an item.
 * @param {Item} item
 * @param {RoomState['room']} room
 * @returns {string}
 */
function findSpeaker(item, { bot, you }) {
  if (item.kind === 'answered' || item.kind === 'answering') return bot.name;
  if (item.kind === 'message') return item.author;
  return item.kind === 'command' ? you : item.who;
}

/**
 * Offers a file to be saved on the reader's own machine.
 * @param {string} name
 * @param {Blob} blob
 */
export function saveFile(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // once the browser has taken it
}
