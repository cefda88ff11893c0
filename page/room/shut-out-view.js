/** @import { View } from './html.js' */
import { html } from './html.js';

/**
 * Renders the one sheet of a browser that is not let in: the reason, and nothing to press.
 * @param {string} reason one sentence
 * @returns {View}
 */
export function renderShutOut(reason) {
  return html`<main class="shut-out"><h1>Parley</h1><p role="alert">${reason}</p></main>`;
}
