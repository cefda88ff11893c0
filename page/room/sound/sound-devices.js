/**
 * A microphone or loudspeaker, as the browser names it.
 * @typedef {object} SoundDevice
 * @property {string} id
 * @property {string} label
 */

/**
 * Devices that the browser names: none before it has let the page use a microphone.
 * @typedef {object} SoundDevices
 * @property {readonly SoundDevice[]} microphones
 * @property {readonly SoundDevice[]} loudspeakers empty where the browser lets no page choose
 */

/**
 * Devices and volume that the reader has chosen, kept in this browser alone. An empty id: the one that the system uses.
 * @typedef {object} SoundChoice
 * @property {SoundDevice} microphone
 * @property {SoundDevice} loudspeaker
 * @property {number} volume of all that the page plays, 0 to 1
 */

/** The system's own device. @type {SoundDevice} */
export const systemDevice = Object.freeze({ id: '', label: '' });

/** @type {SoundChoice} */
const usualChoice = { microphone: systemDevice, loudspeaker: systemDevice, volume: 1 };

/** @type {SoundDevices} */
export const noDevices = Object.freeze({ microphones: [], loudspeakers: [] });

const storageKey = 'parley.sound';

/**
 * Reads the choice that this browser keeps, as far as it is whole.
 * @param {Pick<Storage, 'getItem'>} storage
 * @returns {SoundChoice}
 */
export function loadSoundChoice(storage) {
  try {
    const { microphone, loudspeaker, volume } = JSON.parse(
      storage.getItem(storageKey) ?? '{}',
    );
    return {
      microphone: readDevice(microphone),
      loudspeaker: readDevice(loudspeaker),
      volume: typeof volume === 'number' ? Math.max(0, Math.min(1, volume)) : 1,
    };
  } catch {
    return usualChoice; // a browser may forbid its storage, or somebody else have written there
  }
}

/**
 * Keeps a choice in this browser, where it allows that.
 * @param {Pick<Storage, 'setItem'>} storage
 * @param {SoundChoice} choice
 */
export function keepSoundChoice(storage, choice) {
  try {
    storage.setItem(storageKey, JSON.stringify(choice));
  } catch {
    // Then the choice holds until the page is closed.
  }
}

/**
 * Reads a kept device.
 * @param {unknown} kept
 * @returns {SoundDevice}
 */
function readDevice(kept) {
  const { id, label } = /** @type {Partial<SoundDevice>} */ (kept ?? {});
  return typeof id === 'string' && typeof label === 'string'
    ? { id, label }
    : systemDevice;
}

/**
 * Lists devices by kind. The browser's own entries `default` and `communications` are left out, as the system's device stands first.
 * @param {readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]} infos
 * @param {boolean} canChooseLoudspeaker
 * @returns {SoundDevices}
 */
export function toSoundDevices(infos, canChooseLoudspeaker) {
  /** @param {MediaDeviceKind} kind */
  const listKind = (kind) =>
    infos
      .filter(({ deviceId }) => !['', 'default', 'communications'].includes(deviceId))
      .filter((info) => info.kind === kind && info.label !== '')
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  return {
    microphones: listKind('audioinput'),
    loudspeakers: canChooseLoudspeaker ? listKind('audiooutput') : [],
  };
}

/**
 * Finds the device to use: the chosen one, else the system's. A device is known by its label, too: browsers give it other ids later.
 * @param {SoundDevice} chosen
 * @param {readonly SoundDevice[]} devices
 * @returns {{ id: string, isMissing: boolean }} missing: the chosen one is not there. Without names nothing is known of it
 */
export function findUsedDevice(chosen, devices) {
  if (chosen.id === '' || devices.length === 0)
    return { id: chosen.id, isMissing: false };
  const device =
    devices.find(({ id }) => id === chosen.id) ??
    devices.find(({ label }) => label === chosen.label);
  return { id: device?.id ?? '', isMissing: device === undefined };
}
