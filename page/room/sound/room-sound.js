import { sampleRateHz } from './sound-frames.js';

/** @import { WorkerNews, WorkerOrder } from './sound-worker.js' */

export class RoomSound {
  #tell;
  #url;
  /** @type {Promise<AudioContext> | undefined} */
  #context;
  #worker = new Worker(new URL('./sound-worker.js', import.meta.url), {
    type: 'module',
  });
  /** @type {AudioWorkletNode | undefined} */
  #capture;
  /** @type {{ stream: MediaStream, source: AudioNode } | undefined} */
  #microphone;

  /**
   * @param {URL} url
   * @param {{ news(news: WorkerNews): void, ended(why: string): void }} tell
   */
  constructor(url, tell) {
    this.#url = url;
    this.#tell = tell;
    this.#worker.onmessage = ({ data }) => tell.news(data);
  }

  /** Begins to play. */
  async startListening() {
    this.#context ??= this.#openAudio();
    // Browsers allow sound only once something was pressed.
    await (await this.#context).resume();
  }

  get isOpen() {
    return this.#microphone !== undefined;
  }

  /**
   * @returns {Promise<string>} the sentence that says why not, or none
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
      const source = context.createMediaStreamSource(stream);
      source.connect(this.#capture);
      this.#microphone = { stream, source };
      for (const track of stream.getTracks()) {
        track.onended = () => {
          this.closeMicrophone();
          this.#tell.ended(unpluggedSentence);
        };
      }
      return '';
    } catch (error) {
      return findMicrophoneRefusal(error);
    }
  }

  closeMicrophone() {
    this.setSpeaking(false);
    for (const track of this.#microphone?.stream.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#microphone?.source.disconnect();
    this.#microphone = undefined;
  }

  /** @param {boolean} on */
  setSpeaking(on) {
    this.#sendOrder({ kind: 'speak', on }, []);
  }

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
    const [capturing, playing] = [new MessageChannel(), new MessageChannel()];
    this.#capture = new AudioWorkletNode(context, 'capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    this.#capture.port.postMessage(capturing.port1, [capturing.port1]);
    const player = new AudioWorkletNode(context, 'playback', { numberOfInputs: 0 });
    player.port.postMessage(playing.port1, [playing.port1]);
    player.connect(context.destination);
    const [capture, playback] = [capturing.port2, playing.port2];
    const url = this.#url.href;
    this.#sendOrder({ kind: 'open', url, capture, playback }, [capture, playback]);
    return context;
  }

  /**
   * @param {WorkerOrder} order
   * @param {Transferable[]} transfer
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
export const takenSentence =
  'Another tab has the microphone now: press Microphone to have it here.';
const insecureSentence =
  'Browsers give the microphone only by https or on this machine: open the address that npm start printed.';

/**
 * @param {unknown} error
 */
function findMicrophoneRefusal(error) {
  const { name = 'Error', message = '' } = /** @type {Partial<Error>} */ (error ?? {});
  return (
    refusalSentences[name] ??
    `The microphone could not be opened (${name}: ${message}).`
  );
}
