/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { formatText } from './texts.js';

/** Slowest and fastest speech, as factors of the usual one. */
const [minPace, maxPace] = [0.7, 1.4];

/**
 * Renders how the bot speaks with the reader: voice, pace and the reader's name, folded.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderManner({ room, side: { voices, mannerReply } }, actions) {
  const { name } = room.room.bot;
  /** @param {ToggleEvent} event */
  const load = ({ newState }) => {
    if (newState === 'open' && voices.length === 0) void actions.side.loadVoices();
  };
  /** @param {Event & { currentTarget: HTMLFormElement }} event */
  const hear = (event) => {
    event.preventDefault();
    const voice = `${new FormData(event.currentTarget).get('voice') ?? ''}`;
    void actions.side.hearVoice(voice === 'default' ? '' : voice);
  };
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const changeVoice = ({ currentTarget: { value } }) =>
    actions.side.changeManner({ voice: value });
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const changePace = ({ currentTarget: { valueAsNumber } }) =>
    actions.side.changeManner({ speed: valueAsNumber });
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const changeName = ({ currentTarget: { value } }) => {
    if (value.trim() !== '') void actions.side.changeManner({ name: value.trim() });
  };
  return html`<details onToggle=${load}><summary>${formatText('page.manner', { bot: name })}</summary>
    <form class="manner" onSubmit=${hear}>
      <label>${formatText('page.manner.voice')} <select name="voice" onChange=${changeVoice}>
        ${voices.map((voice) => html`<option value=${voice}>${voice === 'default' ? formatText('page.manner.usual') : voice}</option>`)}</select></label>
      <button type="submit">${formatText('page.manner.hear')}</button>
      <label>${formatText('page.manner.pace')} <input type="range" min=${minPace} max=${maxPace} step="0.05" defaultValue="1" onChange=${changePace}/></label>
      <label>${formatText('page.manner.name')} <input name="name" maxlength="50" autocomplete="off" onChange=${changeName}/></label>
    </form>
    <p role="status" class="note-small">${mannerReply}</p>
  </details>`;
}
