/** Forms in which browsers record, the most usual first. */
const recordedTypes = /** @type {const} */ ([
  ['audio/ogg;codecs=opus', 'ogg'],
  ['audio/webm;codecs=opus', 'webm'],
  ['audio/mp4', 'm4a'],
]);

/** Enough for a voice and music. */
const bitsPerSecond = 64_000;

/** A recording may fill the memory of the browser: this one has 115 MB at most. */
const maxKeptMs = 4 * 60 * 60 * 1_000;

/**
 * Sound that was kept, to be saved.
 * @typedef {object} KeptRecording
 * @property {Blob} blob
 * @property {string} extension of a file's name
 */

/**
 * Records in the browser alone what the page plays and what the microphone hears. Nothing leaves the page.
 */
export class KeptSound {
  /** @type {MediaRecorder} */
  #recorder;
  /** @type {MediaStreamAudioDestinationNode} */
  #destination;
  /** @type {Blob[]} */
  #pieces = [];
  /** @type {ReturnType<typeof setTimeout>} */
  #endTimer;

  /**
   * Begins to record.
   * @param {BaseAudioContext & AudioContext} context
   * @param {() => void} onFull called when the recording is as long as it may be, and ended
   */
  constructor(context, onFull) {
    this.#destination = context.createMediaStreamDestination();
    const mimeType = recordedTypes.find(([type]) =>
      MediaRecorder.isTypeSupported(type),
    );
    this.#recorder = new MediaRecorder(this.#destination.stream, {
      ...(mimeType && { mimeType: mimeType[0] }),
      audioBitsPerSecond: bitsPerSecond,
    });
    this.#recorder.ondataavailable = ({ data }) => this.#pieces.push(data);
    this.#recorder.start(1_000);
    this.#endTimer = setTimeout(onFull, maxKeptMs);
  }

  /**
   * Node to which everything that is to be kept is connected.
   * @returns {AudioNode}
   */
  get node() {
    return this.#destination;
  }

  /**
   * Ends the recording.
   * @returns {Promise<KeptRecording>}
   */
  async end() {
    clearTimeout(this.#endTimer);
    /** @type {PromiseWithResolvers<void>} */
    const { promise, resolve } = Promise.withResolvers();
    this.#recorder.onstop = () => resolve();
    this.#recorder.stop();
    await promise;
    const { mimeType } = this.#recorder;
    const [, extension = 'webm'] =
      recordedTypes.find(([type]) => type.split(';')[0] === mimeType.split(';')[0]) ??
      [];
    return { blob: new Blob(this.#pieces, { type: mimeType }), extension };
  }
}
