/** @import { SoundGate, SoundGateEffect, SoundGateEvent } from './sound-gate.js' */
/** @import { WorkerNews, WorkerOrder } from './sound-worker.js' */

import { sampleRateHz } from './sound-frames.js';
import { stepSoundGate } from './sound-gate.js';

/**
 * Handlers of the sound of a page.
 * @typedef {object} SoundHandlers
 * @property {(news: WorkerNews) => void} onNews takes levels of sound, and ends of the connection
 * @property {(reason: string) => void} onEnded takes one sentence where the microphone ends by itself
 * @property {(gate: SoundGate) => void} onGate takes each new state of the gate of sound
 */

/** Plays what the reader's person hears, and sends what the microphone hears. */
export class RoomSound {
  /** @type {SoundHandlers} */
  #handlers;
  /** @type {URL} */
  #url;
  /** @type {SoundGate} */
  #gate = 'new';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gateTimer;
  /** @type {AudioContext | undefined} */
  #context;
  /** Resolves to the node that takes the microphone, once the browser lets the page sound. @type {PromiseWithResolvers<AudioNode>} */
  #capture = Promise.withResolvers();
  #worker = new Worker(new URL('./sound-worker.js', import.meta.url), {
    type: 'module',
  });
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
   * Takes an event of the gate of sound. A press has to be told while the browser handles it.
   * @param {SoundGateEvent} event
   */
  takeGateEvent(event) {
    const [gate, effect] = stepSoundGate(this.#gate, event);
    const isChanged = gate !== this.#gate;
    this.#gate = gate;
    if (effect) this.#listen(effect);
    if (isChanged) this.#handlers.onGate(gate);
  }

  /**
   * Makes or resumes the AudioContext: nothing is awaited before, as Safari then sees no press any more.
   * @param {SoundGateEffect} effect
   */
  #listen({ waitMs }) {
    this.#context ??= this.#createContext();
    // Safari breaks a context that is resumed during a call: it becomes `suspended` after it.
    if (`${this.#context.state}` !== 'interrupted')
      this.#context.resume().catch(() => undefined); // the state tells
    if (waitMs === undefined) return;
    clearTimeout(this.#gateTimer);
    this.#gateTimer = setTimeout(() => this.takeGateEvent({ kind: 'waited' }), waitMs);
  }

  /**
   * Makes the AudioContext, which tells the gate its states. The first time that it runs it is connected.
   * @returns {AudioContext}
   */
  #createContext() {
    const context = new AudioContext({
      sampleRate: sampleRateHz,
      latencyHint: 'interactive',
    });
    let isConnected = false;
    const tellState = () => {
      const { state } = context;
      if (state === 'running' && !isConnected) {
        isConnected = true;
        this.#capture.resolve(this.#connect(context));
      }
      this.takeGateEvent({ kind: 'context', state });
    };
    context.onstatechange = tellState;
    return context;
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
    this.takeGateEvent({ kind: 'press' });
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: {
          echoCancellation: true,
          noiseSuppression: true,
          autoGainControl: true,
          channelCount: 1,
        },
      });
      const capture = await this.#capture.promise;
      if (this.#microphone || !this.#context) {
        stopTracks(stream);
        return '';
      }
      const sourceNode = this.#context.createMediaStreamSource(stream);
      sourceNode.connect(capture);
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
    if (this.#microphone) stopTracks(this.#microphone.stream);
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
   * @param {AudioContext} context
   * @returns {Promise<AudioNode>} the node that takes the microphone
   */
  async #connect(context) {
    await Promise.all(
      ['./capture-worklet.js', './playback-worklet.js'].map((file) =>
        context.audioWorklet.addModule(new URL(file, import.meta.url)),
      ),
    );
    const captureChannel = new MessageChannel();
    const playbackChannel = new MessageChannel();
    const captureNode = new AudioWorkletNode(context, 'capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    captureNode.port.postMessage(captureChannel.port1, [captureChannel.port1]);
    const player = new AudioWorkletNode(context, 'playback', { numberOfInputs: 0 });
    player.port.postMessage(playbackChannel.port1, [playbackChannel.port1]);
    player.connect(context.destination);
    const capture = captureChannel.port2;
    const playback = playbackChannel.port2;
    const url = this.#url.href;
    this.#sendOrder({ kind: 'open', url, capture, playback }, [capture, playback]);
    return captureNode;
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

/**
 * Stops a microphone.
 * @param {MediaStream} stream
 */
function stopTracks(stream) {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
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
