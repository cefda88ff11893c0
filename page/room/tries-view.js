/** @import { RoomActions } from './room-actions.js' */
import { html } from './html.js';

/** Questions by the words on their buttons. */
const tries = Object.entries({
  'What time is it?': 'What time is it?',
  'Set a timer': 'Set a timer for one minute',
  'Play rain': 'Play rain',
  'Interrupt me': 'Count to twelve',
});

/**
 * @param {RoomActions} actions
 */
export function renderTries(actions) {
  return html`<div class="row tries">${tries.map(
    ([label, words]) =>
      html`<button type="button" onClick=${() => actions.send(words)}>${label}</button>`,
  )}</div>`;
}
