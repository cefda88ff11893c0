/** @import { PageState, RoomActions } from './room-actions.js' */
/** @import { SoundDevice } from './sound/sound-devices.js' */
/** @import { View } from './html.js' */
import { html } from './html.js';
import { findUsedDevice } from './sound/sound-devices.js';
import { formatText } from './texts.js';

/**
 * Renders the choice of microphone, loudspeaker and volume, folded.
 * @param {PageState} page
 * @param {RoomActions} actions
 * @returns {View}
 */
export function renderSoundChoice({ side: { devices } }, actions) {
  const { microphones, loudspeakers, choice } = devices;
  const { volume } = choice;
  const percent = `${Math.round(volume * 100)} %`;
  const isUnnamed = microphones.length === 0;
  /** @param {{ currentTarget: HTMLInputElement }} event */
  const changeVolume = ({ currentTarget }) =>
    actions.side.chooseDevices({ volume: currentTarget.valueAsNumber / 100 });
  return html`<details><summary>${formatText('page.sound')}</summary>
    <label>${formatText('page.sound.volume')} <span class="slide"><input type="range" min="0" max="100" value=${Math.round(volume * 100)} aria-valuetext=${percent} onInput=${changeVolume}/>
      <span class="percent" aria-hidden="true">${percent}</span></span></label>
    ${renderDevices(formatText('page.microphone'), microphones, choice.microphone, (microphone) => actions.side.chooseDevices({ microphone }))}
    ${loudspeakers.length > 0 && renderDevices(formatText('page.sound.loudspeaker'), loudspeakers, choice.loudspeaker, (loudspeaker) => actions.side.chooseDevices({ loudspeaker }))}
    ${isUnnamed && html`<p class="note-small">${formatText('page.sound.unnamed')}</p>`}
  </details>`;
}

/**
 * Renders a menu of devices. The system's own stands first, a chosen one that is away last.
 * @param {string} label
 * @param {readonly SoundDevice[]} devices
 * @param {SoundDevice} chosen
 * @param {(device: SoundDevice) => void} choose
 * @returns {View}
 */
function renderDevices(label, devices, chosen, choose) {
  const { id: usedId, isMissing: isAway } = findUsedDevice(chosen, devices);
  const shownId = isAway ? chosen.id : usedId;
  const offered = [...devices, ...(isAway ? [chosen] : [])];
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const change = ({ currentTarget: { value } }) =>
    choose(offered.find(({ id }) => id === value) ?? { id: '', label: '' });
  return html`<label>${label} <select value=${shownId || 'system'} onChange=${change}>
    <option value="system">${formatText('page.sound.system')}</option>
    ${offered.map(
      (device) =>
        html`<option value=${device.id}>${isAway && device === chosen ? formatText('page.sound.away', { device: device.label }) : device.label}</option>`,
    )}
  </select></label>`;
}
