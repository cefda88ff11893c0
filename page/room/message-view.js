/** @import { RoomActions } from './room-actions.js' */
/** @import { NameOf } from './markdown.js' */
/** @import { Room, RoomButton, RoomFile, RoomMessage } from './room-types.js' */
/** @import { View } from './html.js' */
import { countCaptionLines } from './captions.js';
import { renderMenu } from './form-view.js';
import { html } from './html.js';
import { renderMarkdown } from './markdown-view.js';
import { renderReply } from './reply-view.js';
import { formatText } from './texts.js';

/**
 * Renders the bot's face, which moves with the mood.
 * @returns {View}
 */
export function renderBotFace() {
  return html`<svg class="bot-face" viewBox="0 0 100 100" aria-hidden="true">
    <g class="eyes"><rect x="27" y="31" width="12" height="22" rx="6"/><rect x="61" y="31" width="12" height="22" rx="6"/></g>
    <path class="smile" d="M38 67q12 9 24 0"/><g class="mouth"><ellipse cx="50" cy="68" rx="13" ry="11"/><ellipse class="tongue" cx="50" cy="74" rx="7" ry="4"/></g></svg>`;
}

/**
 * Renders the face of a person.
 * @param {{ name: string, speaks?: boolean, level?: number }} person level 0 to 1 is the width of the ring
 * @returns {View}
 */
export function renderFace({ name, speaks = false, level = 0.3 }) {
  const colour = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 12;
  return html`<span class=${`face${speaks ? ' speaks' : ''}`} style=${{ '--level': level, '--face': colour }}
    title=${name} aria-hidden="true">${name.slice(0, 1)}</span>`;
}

/**
 * Renders the content of a message: text, files, menus and buttons.
 * @param {RoomMessage} message
 * @param {Room} room
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderMessage(message, room, actions) {
  const { id, text, buttons, files = [], menus = [], to } = message;
  const namedEntries = [
    ...room.people,
    ...room.channels,
    ...(room.roles ?? []),
    room.bot,
  ];
  /** @type {NameOf} */
  const findName = (wantedId) =>
    namedEntries.find(({ id: entryId }) => entryId === wantedId)?.name;
  const captionCount = countCaptionLines(
    text,
    namedEntries.map(({ name }) => name),
  );
  return html`${text && renderText(text, findName, to !== undefined, captionCount)}
    ${files.map(renderFile)}
    ${menus.map((menu) => renderMenu(id, menu, actions))}
    ${buttons.length > 0 && html`<div class="row buttons">${buttons.map((button) => renderButton(id, button, actions))}</div>`}`;
}

/**
 * Renders the text of a message. Captions are folded, as bubbles show the same words; long private replies are laid out.
 * @param {string} text
 * @param {NameOf} findName
 * @param {boolean} isPrivate
 * @param {number} captionCount lines of captions, 0: it is no captions
 * @returns {View | readonly View[]}
 */
function renderText(text, findName, isPrivate, captionCount) {
  if (isPrivate && !text.includes('```')) return renderReply(text, findName);
  if (captionCount === 0) return renderMarkdown(text, findName);
  return html`<details class="captions" aria-live="off"><summary>${formatText('page.captions', { count: captionCount })}</summary>${renderMarkdown(text, findName)}</details>`;
}

/**
 * Renders a file, sound with a player.
 * @param {RoomFile} file
 * @returns {View}
 */
function renderFile({ name, type, sizeBytes, url }) {
  const size = `${Math.ceil(sizeBytes / 1_024)} KiB`;
  return html`<div class="file">
    <a href=${url} download=${name}>${name}</a> <small>${size}</small>
    ${type.startsWith('audio/') && html`<audio controls preload="none" src=${url} aria-label=${name}></audio>`}
  </div>`;
}

/**
 * Renders a button of a message.
 * @param {string} messageId
 * @param {RoomButton} button
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderButton(messageId, { customId, label, disabled, style }, actions) {
  return html`<button type="button" disabled=${disabled} class=${`style-${style ?? 2}`}
    onClick=${() => actions.askRoom('press', { messageId, customId })}>${label}</button>`;
}
