/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { formatText } from './texts.js';

/**
 * Renders the buttons that save the talk on the reader's machine, folded.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderTakeAlong({ side: { keptFromMs }, soundGate }, actions) {
  const isKeeping = keptFromMs !== undefined;
  return html`<details><summary>${formatText('page.take')}</summary>
    <div class="row">
      <button type="button" onClick=${() => actions.side.saveText()}>${formatText('page.take.text')}</button>
      <button type="button" class=${isKeeping ? 'keeps' : ''} aria-pressed=${`${isKeeping}`} disabled=${soundGate !== 'running'}
        onClick=${() => actions.side.toggleKeeping()}>${formatText(isKeeping ? 'page.take.save' : 'page.take.keep')}</button>
    </div>
    <p class="note-small">${formatText('page.take.how')}</p>
  </details>`;
}
