/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';

/**
 * Renders the buttons that save the talk on the reader's machine, folded.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderTakeAlong({ side: { keptFromMs }, soundGate }, actions) {
  const isKeeping = keptFromMs !== undefined;
  return html`<details><summary>Take the talk along</summary>
    <div class="row">
      <button type="button" onClick=${() => actions.side.saveText()}>Save the text</button>
      <button type="button" class=${isKeeping ? 'keeps' : ''} aria-pressed=${`${isKeeping}`} disabled=${soundGate !== 'running'}
        onClick=${() => actions.side.toggleKeeping()}>${isKeeping ? 'Save the sound' : 'Keep the sound'}</button>
    </div>
    <p class="note-small">What you hear and what your microphone hears, from now on. It stays in this browser until you save it.</p>
  </details>`;
}
