/** @import { DeviceState } from './device-chooser.js' */
/** @import { SoundChoice, SoundDevice } from './sound-devices.js' */
/** @import { KeptRecording } from './kept-sound.js' */
/** @import { SoundGate, SoundGateEffect, SoundGateEvent } from './sound-gate.js' */
/** @import { TextLine } from '../texts.js' */

/** @import { WorkerNews, WorkerOrder } from './sound-worker.js' */

import { DeviceChooser } from './device-chooser.js';
import { KeptSound } from './kept-sound.js';
import { sampleRateHz } from './sound-frames.js';
import { stepSoundGate } from './sound-gate.js';

/**
 * A context of browsers that let a page choose its loudspeaker. Source: https://www.w3.org/TR/webaudio-1.1/#dom-audiocontext-setsinkid
 * @typedef {AudioContext & { sinkId: string, setSinkId?: (id: string) => Promise<void> }} SinkContext
 */

/**
 * Handlers of the sound of a page.
 * @typedef {object} SoundHandlers
 * @property {(news: WorkerNews) => void} onNews takes levels of sound, and ends of the connection
 * @property {(reason: TextLine) => void} onEnded takes the reason where the microphone ends by itself
 * @property {(gate: SoundGate) => void} onGate takes each new state of the gate of sound
 * @property {(state: DeviceState) => void} onDevices takes the devices and the choice of them after each change
 * @property {(device: SoundDevice) => void} onLostDevice takes a chosen device that went away, in whose place the system's is used
 * @property {() => void} onKeptFull called when a kept sound is as long as it may be
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
  /** Volume of all that the page plays. @type {GainNode | undefined} */
  #volume;
  /** The played sound, before its volume. @type {AudioNode | undefined} */
  #player;
  /** @type {KeptSound | undefined} */
  #kept;
  /** @type {DeviceChooser} */
  #chooser;
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
    this.#chooser = new DeviceChooser({
      onChange: (state) => this.#useDevices(state),
      onLost: handlers.onLostDevice,
    });
  }

  /**
   * Devices and the choice of them.
   * @returns {DeviceState}
   */
  get devices() {
    return this.#chooser.state;
  }

  /**
   * Keeps a choice of devices or of the volume, and uses it at once.
   * @param {Partial<SoundChoice>} choice
   * @returns {Promise<TextLine | undefined>} the reason why the microphone could not be changed, or undefined
   */
  async chooseDevices(choice) {
    this.#chooser.choose(choice);
    if (!choice.microphone || !this.#microphone) return undefined;
    this.#dropMicrophone();
    return await this.openMicrophone();
  }

  /**
   * Begins to keep what the page plays and what the microphone hears, in the browser alone.
   * @returns {boolean} false: the page does not sound yet, or the browser cannot record
   */
  beginKeeping() {
    if (
      !this.#context ||
      !this.#player ||
      this.#kept ||
      !('MediaRecorder' in globalThis)
    )
      return false;
    this.#kept = new KeptSound(this.#context, this.#handlers.onKeptFull);
    this.#player.connect(this.#kept.node);
    this.#microphone?.sourceNode.connect(this.#kept.node);
    return true;
  }

  /**
   * Ends to keep the sound.
   * @returns {Promise<KeptRecording | undefined>} undefined: none was kept
   */
  async endKeeping() {
    const kept = this.#kept;
    if (!kept) return undefined;
    this.#kept = undefined;
    const recording = await kept.end();
    this.#player?.disconnect(kept.node);
    this.#microphone?.sourceNode.disconnect(kept.node);
    return recording;
  }

  /**
   * Plays a file by the chosen loudspeaker and volume.
   * @param {string} url
   * @returns {Promise<void>}
   */
  async playFile(url) {
    if (!this.#context || !this.#volume) return;
    const response = await fetch(url);
    const sourceNode = this.#context.createBufferSource();
    sourceNode.buffer = await this.#context.decodeAudioData(
      await response.arrayBuffer(),
    );
    sourceNode.connect(this.#volume);
    sourceNode.start();
  }

  /**
   * Uses the chosen loudspeaker and volume, and tells the page.
   * @param {DeviceState} state
   */
  #useDevices(state) {
    this.#handlers.onDevices(state);
    if (this.#volume) this.#volume.gain.value = state.choice.volume;
    const id = this.#chooser.loudspeakerId;
    const context = /** @type {SinkContext | undefined} */ (this.#context);
    if (context?.setSinkId && context.sinkId !== id)
      context.setSinkId(id).catch(() => undefined); // it plays on where it did
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
   * @returns {Promise<TextLine | undefined>} the reason why not, or undefined
   */
  async openMicrophone() {
    if (!navigator.mediaDevices)
      return { id: 'page.microphone.insecure', with: { command: 'npm start' } };
    this.takeGateEvent({ kind: 'press' });
    try {
      const stream = await this.#openChosenStream();
      const capture = await this.#capture.promise;
      if (this.#microphone || !this.#context) {
        stopTracks(stream);
        return undefined;
      }
      const sourceNode = this.#context.createMediaStreamSource(stream);
      sourceNode.connect(capture);
      if (this.#kept) sourceNode.connect(this.#kept.node);
      this.#microphone = { stream, sourceNode };
      for (const track of stream.getTracks())
        track.onended = () => void this.#replaceMicrophone();
      return undefined;
    } catch (error) {
      return findMicrophoneRefusal(error);
    }
  }

  /**
   * Opens the chosen microphone. A browser may name the devices only once one was open: then the chosen one is opened in its place.
   * @returns {Promise<MediaStream>}
   */
  async #openChosenStream() {
    const triedId = this.#chooser.microphoneId;
    const stream = await openStream(triedId);
    await this.#chooser.refresh();
    const wantedId = this.#chooser.microphoneId;
    if (wantedId === triedId || wantedId === '') return stream;
    stopTracks(stream);
    return await openStream(wantedId);
  }

  /** Takes the system's microphone in place of a chosen one that went away. Without another the microphone ends. */
  async #replaceMicrophone() {
    const { choice } = this.#chooser.state;
    this.#dropMicrophone();
    await this.#chooser.refresh();
    const isReplaced =
      choice.microphone.id !== '' &&
      this.#chooser.microphoneId === '' &&
      (await this.openMicrophone()) === undefined;
    if (isReplaced) return;
    this.closeMicrophone();
    this.#handlers.onEnded({ id: 'page.microphone.unplugged' });
  }

  /** Closes the microphone, if it is open. */
  closeMicrophone() {
    this.setSpeaking(false);
    this.#dropMicrophone();
  }

  /** Gives the microphone back to the system. */
  #dropMicrophone() {
    if (this.#microphone) stopTracks(this.#microphone.stream);
    this.#microphone?.sourceNode.disconnect();
    this.#microphone = undefined;
  }

  /** Ends all sound for ever: the sandbox does not let this browser in any more. */
  close() {
    this.closeMicrophone();
    this.#worker.terminate();
    void this.#context?.close();
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
    const volume = context.createGain();
    player.connect(volume).connect(context.destination);
    [this.#player, this.#volume] = [player, volume];
    this.#useDevices(this.#chooser.state);
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
 * Opens a microphone. One that is not there any more is replaced by the system's.
 * @param {string} id empty: the system's
 * @returns {Promise<MediaStream>}
 */
async function openStream(id) {
  const audio = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
  };
  if (id === '') return await navigator.mediaDevices.getUserMedia({ audio });
  // Chromium takes its default where the id is a mere wish.
  const chosen = { ...audio, deviceId: { exact: id } };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: chosen });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'OverconstrainedError'))
      throw error;
    return await navigator.mediaDevices.getUserMedia({ audio });
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
