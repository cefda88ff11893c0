/** @import { PageState, SideState } from './room-actions.js' */
/** @import { SendQuietly } from './quiet-commands.js' */
/** @import { RoomSocket } from './room-socket.js' */
/** @import { SoundChoice } from './sound/sound-devices.js' */
/** @import { RoomSound } from './sound/room-sound.js' */
import { formatTalk, saveFile } from './talk-file.js';
import { formatLine, formatText, getLocale } from './texts.js';

/**
 * Dependencies of the acts of the side.
 * @typedef {object} SideDeps
 * @property {() => PageState} getPage
 * @property {(changes: Partial<SideState>) => void} change
 * @property {(notice: string) => void} tell
 * @property {RoomSound} sound
 * @property {SendQuietly} sendQuietly
 * @property {RoomSocket} socket
 */

/** Acts of the side: devices, the talk to take along, and how the bot speaks with its reader. */
export class SideActs {
  /** @type {SideDeps} */
  #deps;

  /**
   * Keeps its dependencies.
   * @param {SideDeps} deps
   */
  constructor(deps) {
    this.#deps = deps;
  }

  /**
   * Uses a microphone, a loudspeaker or a volume.
   * @param {Partial<SoundChoice>} choice
   * @returns {Promise<void>}
   */
  async chooseDevices(choice) {
    const { sound, tell } = this.#deps;
    const notice = await sound.chooseDevices(choice);
    if (notice) tell(formatLine(notice));
  }

  /** Saves the talk as text. */
  saveText() {
    const { room } = this.#deps.getPage();
    const text = formatTalk(room, getLocale(), {
      cut: (heard, unheard) => `${heard} [${formatText('page.cut')} ${unheard}]`,
    });
    saveFile(nameFile('txt'), new Blob([text], { type: 'text/plain' }));
  }

  /**
   * Begins to keep the sound in this browser, or ends it and saves the file.
   * @returns {Promise<void>}
   */
  async toggleKeeping() {
    const { sound, change, getPage } = this.#deps;
    if (getPage().side.keptFromMs === undefined) {
      if (sound.beginKeeping()) change({ keptFromMs: Date.now() });
      return;
    }
    change({ keptFromMs: undefined });
    const recording = await sound.endKeeping();
    if (recording) saveFile(nameFile(recording.extension), recording.blob);
  }

  /**
   * Asks which voices there are.
   * @returns {Promise<void>}
   */
  async loadVoices() {
    const { socket, change } = this.#deps;
    const ask = { name: 'voice me', options: { voice: '' }, focused: 'voice' };
    const { choices = [] } = await socket.ask('complete', ask);
    change({ voices: choices.map(({ value }) => `${value}`) });
  }

  /**
   * Changes how the bot speaks with the reader.
   * @param {{ voice?: string, speed?: number, name?: string }} manner
   * @returns {Promise<void>}
   */
  async changeManner(manner) {
    const { sendQuietly, change } = this.#deps;
    const { text } = await sendQuietly('voice me', manner);
    change({ mannerReply: text });
  }

  /**
   * Plays a sample of a voice.
   * @param {string} voice
   * @returns {Promise<void>}
   */
  async hearVoice(voice) {
    const { sendQuietly, change, sound } = this.#deps;
    const reply = await sendQuietly('voice preview', voice === '' ? {} : { voice });
    change({ mannerReply: reply.text });
    const [file] = reply.files;
    if (file) await sound.playFile(file.url);
  }
}

/**
 * Makes the name of a file with the reader's date and time.
 * @param {string} extension
 * @returns {string}
 */
function nameFile(extension) {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return `parley-${local.toISOString().slice(0, 16).replace(/[T:]/g, '-')}.${extension}`;
}
