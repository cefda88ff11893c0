import { sampleRateHz } from './sound-frames.js';

/** @import { TextLine } from '../texts.js' */
/** @import { WorkerNews, WorkerOrder } from './sound-worker.js' */

/**
 * Handlers of the sound of a page.
 * @typedef {object} SoundHandlers
 * @property {(news: WorkerNews) => void} onNews takes levels of sound, and ends of the connection
 * @property {(reason: TextLine) => void} onEnded takes the reason where the microphone ends by itself
 */

/** Plays what the reader's person hears, and sends what the microphone hears. */
export class RoomSound {
  /** @type {SoundHandlers} */
  #handlers;
  /** @type {URL} */
  #url;
  /** @type {Promise<AudioContext> | undefined} */
  #context;
  #worker = new Worker(new URL('./sound-worker.js', import.meta.url), {
    type: 'module',
  });
  /** Takes the sound of the microphone. @type {AudioWorkletNode | undefined} */
  #capture;
  /** @type {{ stream: MediaStream, sourceNode: AudioNode } | undefined} */
  #microphone;

  /**
   * Does not connect before something is to be heard.
   * @param {URL} url address of the socket
   * @param {SoundHandlers} handlers
   */
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    this.#worker.onmessage = ({ data }) => handlers.onNews(data);
  }

  /**
   * Begins to play. Browsers allow that only once something was pressed.
   * @returns {Promise<void>}
   */
  async startListening() {
    this.#context ??= this.#openAudio();
    await (await this.#context).resume();
  }

  /**
   * Whether the microphone is open.
   * @returns {boolean}
   */
  get isOpen() {
    return this.#microphone !== undefined;
  }

  /**
   * Opens the microphone, which may ask the reader.
   * @returns {Promise<TextLine | undefined>} the reason why not, or undefined
   */
  async openMicrophone() {
    if (!navigator.mediaDevices)
      return { id: 'page.microphone.insecure', with: { command: 'npm start' } };
    await this.startListening();
    const context = await this.#context;
    if (!context || !this.#capture || this.#microphone) return undefined;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: {
          echoCancellation: true,
          noiseSuppression: true,
          autoGainControl: true,
          channelCount: 1,
        },
      });
      const sourceNode = context.createMediaStreamSource(stream);
      sourceNode.connect(this.#capture);
      this.#microphone = { stream, sourceNode };
      for (const track of stream.getTracks()) {
        track.onended = () => {
          this.closeMicrophone();
          this.#handlers.onEnded({ id: 'page.microphone.unplugged' });
        };
      }
      return undefined;
    } catch (error) {
      return findMicrophoneRefusal(error);
    }
  }

  /** Closes the microphone, if it is open. */
  closeMicrophone() {
    this.setSpeaking(false);
    for (const track of this.#microphone?.stream.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#microphone?.sourceNode.disconnect();
    this.#microphone = undefined;
  }

  /**
   * Begins or ends to send what the microphone hears.
   * @param {boolean} isSpeaking
   */
  setSpeaking(isSpeaking) {
    this.#sendOrder({ kind: 'speak', isSpeaking }, []);
  }

  /**
   * Connects the worklets with the worker, and the worker with the sandbox.
   * @returns {Promise<AudioContext>}
   */
  async #openAudio() {
    const context = new AudioContext({
      sampleRate: sampleRateHz,
      latencyHint: 'interactive',
    });
    await Promise.all(
      ['./capture-worklet.js', './playback-worklet.js'].map((file) =>
        context.audioWorklet.addModule(new URL(file, import.meta.url)),
      ),
    );
    const captureChannel = new MessageChannel();
    const playbackChannel = new MessageChannel();
    this.#capture = new AudioWorkletNode(context, 'capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.#capture.port.postMessage(captureChannel.port1, [captureChannel.port1]);
    const player = new AudioWorkletNode(context, 'playback', { numberOfInputs: 0 });
    player.port.postMessage(playbackChannel.port1, [playbackChannel.port1]);
    player.connect(context.destination);
    const capture = captureChannel.port2;
    const playback = playbackChannel.port2;
    const url = this.#url.href;
    this.#sendOrder({ kind: 'open', url, capture, playback }, [capture, playback]);
    return context;
  }

  /**
   * Sends an order to the worker.
   * @param {WorkerOrder} order
   * @param {Transferable[]} transfer what the worker owns from now on
   */
  #sendOrder(order, transfer) {
    this.#worker.postMessage(order, transfer);
  }
}

/** Texts that say why the browser gives no microphone, by the name of its error. */
const refusalTexts = /** @type {const} */ ({
  NotAllowedError: 'page.microphone.refused',
  NotFoundError: 'page.microphone.missing',
  NotReadableError: 'page.microphone.held',
});

/**
 * Finds why the browser gave no microphone.
 * @param {unknown} error
 * @returns {TextLine}
 */
function findMicrophoneRefusal(error) {
  const { name = 'Error', message = '' } = /** @type {Partial<Error>} */ (error ?? {});
  return name in refusalTexts
    ? { id: refusalTexts[/** @type {keyof typeof refusalTexts} */ (name)] }
    : { id: 'page.microphone.failed', with: { error: `${name}: ${message}` } };
}
