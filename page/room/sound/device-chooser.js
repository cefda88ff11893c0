/** @import { SoundChoice, SoundDevice, SoundDevices } from './sound-devices.js' */
import {
  findUsedDevice,
  keepSoundChoice,
  loadSoundChoice,
  noDevices,
  toSoundDevices,
} from './sound-devices.js';

/**
 * Devices and the reader's choice of them.
 * @typedef {SoundDevices & { choice: SoundChoice }} DeviceState
 */

/**
 * Handlers of a chooser.
 * @typedef {object} DeviceHandlers
 * @property {(state: DeviceState) => void} onChange takes the state after each change
 * @property {(device: SoundDevice) => void} onLost takes a chosen device that went away, in whose place the system's is used
 */

/** Notices which microphones and loudspeakers are there, and keeps the reader's choice. */
export class DeviceChooser {
  /** @type {DeviceHandlers} */
  #handlers;
  #devices = noDevices;
  #choice = loadSoundChoice(localStorage);
  /** Labels of chosen devices that are known to be away. @type {ReadonlySet<string>} */
  #lostLabels = new Set();

  /**
   * Looks for devices, and again whenever one comes or goes.
   * @param {DeviceHandlers} handlers
   */
  constructor(handlers) {
    this.#handlers = handlers;
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.refresh());
    void this.refresh();
  }

  /**
   * Devices and the reader's choice, as they are now.
   * @returns {DeviceState}
   */
  get state() {
    return { ...this.#devices, choice: this.#choice };
  }

  /**
   * Id of the microphone to use. Empty: the system's.
   * @returns {string}
   */
  get microphoneId() {
    return findUsedDevice(this.#choice.microphone, this.#devices.microphones).id;
  }

  /**
   * Id of the loudspeaker to use. Empty: the system's.
   * @returns {string}
   */
  get loudspeakerId() {
    return findUsedDevice(this.#choice.loudspeaker, this.#devices.loudspeakers).id;
  }

  /**
   * Looks for devices. Browsers name them once the page may use a microphone.
   * @returns {Promise<void>}
   */
  async refresh() {
    const infos = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    this.#devices = toSoundDevices(infos, 'setSinkId' in AudioContext.prototype);
    this.#handlers.onChange(this.state);
    const { microphone, loudspeaker } = this.#choice;
    const lostDevices = [
      ...(findUsedDevice(microphone, this.#devices.microphones).isMissing
        ? [microphone]
        : []),
      ...(findUsedDevice(loudspeaker, this.#devices.loudspeakers).isMissing
        ? [loudspeaker]
        : []),
    ];
    const before = this.#lostLabels;
    this.#lostLabels = new Set(lostDevices.map(({ label }) => label));
    for (const device of lostDevices)
      if (!before.has(device.label)) this.#handlers.onLost(device);
  }

  /**
   * Keeps a choice.
   * @param {Partial<SoundChoice>} choice
   */
  choose(choice) {
    this.#choice = { ...this.#choice, ...choice };
    keepSoundChoice(localStorage, this.#choice);
    this.#handlers.onChange(this.state);
  }
}
