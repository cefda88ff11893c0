import { sampleRateHz } from './sound-frames.js';

/** @import { WorkerNews, WorkerOrder } from './sound-worker.js' */

/**
 * Handlers of the sound of a page.
 * @typedef {object} SoundHandlers
 * @property {(news: WorkerNews) => void} onNews takes levels of sound, and ends of the connection
 * @property {(reason: string) => void} onEnded takes one sentence where the microphone ends by itself
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
   * @returns {Promise<string>} one sentence that says why not, or none
   */
  async openMicrophone() {
    if (!navigator.mediaDevices) return insecureSentence;
    await this.startListening();
    const context = await this.#context;
    if (!context || !this.#capture || this.#microphone) return '';
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
          this.#handlers.onEnded(unpluggedSentence);
        };
      }
      return '';
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

  /** Ends all sound for ever: the sandbox does not let this browser in any more. */
  close() {
    this.closeMicrophone();
    this.#worker.terminate();
    void this.#context?.then((context) => context.close());
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

/** Why the browser gives no microphone, by the name of its error. @type {Readonly<Record<string, string>>} */
const refusalSentences = {
  NotAllowedError:
    'The browser may not use the microphone here: allow it beside the address, then press Microphone again.',
  NotFoundError: 'No microphone was found: plug one in, then press Microphone again.',
  NotReadableError:
    'Another program holds the microphone: close it there, then press Microphone again.',
};

const unpluggedSentence =
  'The microphone was unplugged: plug it in, then press Microphone again.';
/** @type {string} */
export const takenSentence =
  'Another tab has the microphone now: press Microphone to have it here.';
const insecureSentence =
  'Browsers give the microphone only by https or on this machine: open the address that npm start printed.';

/**
 * Says why the browser gave no microphone.
 * @param {unknown} error
 * @returns {string}
 */
function findMicrophoneRefusal(error) {
  const { name = 'Error', message = '' } = /** @type {Partial<Error>} */ (error ?? {});
  return (
    refusalSentences[name] ??
    `The microphone could not be opened (${name}: ${message}).`
  );
}
