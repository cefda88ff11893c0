/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { RoomButton } from './room-types.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { renderMarkdown } from './markdown-view.js';
import { renderButton } from './message-view.js';
import { isSoundBoard } from './room-state.js';
import { formatText } from './texts.js';

/** Begins the id of a button that plays a sound. */
const playButton = 'parley:sounds.play';

/**
 * Renders the latest board of sounds: who played what, a button for each sound, pages and volume. Without a board, a button
 * asks for one.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View | undefined}
 */
export function renderSounds({ room: { items, room } }, actions) {
  const you = room.people.find(({ isYou }) => isYou);
  if (!room.bot.channel || you?.channel !== room.bot.channel) return undefined;
  const board = items.findLast(isSoundBoard);
  const title = formatText('page.sounds');
  if (!board)
    return html`<section class="board" aria-label=${title}>
      <button type="button" onClick=${() => actions.send('/sounds')}>${title}</button></section>`;
  const { buttons, id, text } = board;
  /** @param {RoomButton} button */
  const isSound = ({ customId }) => customId.startsWith(playButton);
  const sounds = buttons.filter(isSound);
  const steers = buttons.filter((button) => !isSound(button));
  return html`<section class="board" aria-label=${title}><h2>${title}</h2>
    <div class="small" aria-live="polite">${renderMarkdown(text)}</div>
    <ul>${sounds.map((button) => html`<li key=${button.customId}>${renderButton(id, button, actions)}</li>`)}</ul>
    <div class="row">${steers.map((button) => renderButton(id, button, actions))}</div></section>`;
}
