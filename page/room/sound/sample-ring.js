/**
 * Sizes of a ring, all in samples.
 * @typedef {object} RingSizes
 * @property {number} reserveSamples the reserve at the beginning, and the least
 * @property {number} maxReserveSamples
 * @property {number} maxSamples the ring holds no more: newer samples take the place of the oldest
 * @property {number} holeSamples sound that comes so soon after the ring ran dry was late
 * @property {number} calmSamples after so much sound without a hole the reserve falls
 * @property {number} fadeSamples
 */

/**
 * Samples between a network that sends frames and a device with its own pace. Silent
 * until the reserve is there, and again once dry. A hole in speech doubles the reserve,
 * and a time without holes takes a quarter away.
 */
export class SampleRing {
  /** @type {Float32Array} */
  #samples;
  /** @type {RingSizes} */
  #sizes;
  /** @type {number} */
  #reserve;
  /** Index of the oldest sample. */
  #startIndex = 0;
  #length = 0;
  #isPlaying = false;
  /** Samples since it ran dry. */
  #drySamples = Number.POSITIVE_INFINITY;
  /** Samples played since the reserve has changed. */
  #calmSamples = 0;
  /** Samples played since it last began. */
  #begunSamples = 0;
  /** The latest sample, from which silence is reached without a click. */
  #lastSample = 0;

  /**
   * Creates an empty ring.
   * @param {RingSizes} sizes
   */
  constructor(sizes) {
    this.#sizes = sizes;
    this.#samples = new Float32Array(sizes.maxSamples);
    this.#reserve = sizes.reserveSamples;
  }

  /**
   * Samples that have to be there before it plays.
   * @returns {number}
   */
  get reserve() {
    return this.#reserve;
  }

  /**
   * Samples that wait to be played.
   * @returns {number}
   */
  get length() {
    return this.#length;
  }

  /**
   * Adds samples that came from the network.
   * @param {Float32Array} samples
   */
  push(samples) {
    const { holeSamples, maxReserveSamples } = this.#sizes;
    if (this.#drySamples <= holeSamples)
      this.#setReserve(Math.min(maxReserveSamples, 2 * this.#reserve));
    this.#drySamples = Number.POSITIVE_INFINITY;
    const capacity = this.#samples.length;
    for (const sample of samples) {
      if (this.#length === capacity) {
        this.#startIndex = (this.#startIndex + 1) % capacity;
        this.#length--;
      }
      this.#samples[(this.#startIndex + this.#length) % capacity] = sample;
      this.#length++;
    }
    if (this.#length >= this.#reserve) this.#isPlaying = true;
  }

  /**
   * Fills the whole of `out`: with samples in order, and with silence behind them.
   * @param {Float32Array} out
   */
  pull(out) {
    const { calmSamples, fadeSamples, reserveSamples } = this.#sizes;
    const takenCount = this.#isPlaying ? Math.min(out.length, this.#length) : 0;
    const capacity = this.#samples.length;
    for (let n = 0; n < takenCount; n++) {
      const gain = Math.min(1, ++this.#begunSamples / fadeSamples);
      out[n] = this.#lastSample =
        gain * (this.#samples[(this.#startIndex + n) % capacity] ?? 0);
    }
    const decay = Math.exp(-fadeEnd / fadeSamples);
    for (let n = takenCount; n < out.length; n++) out[n] = this.#lastSample *= decay;
    this.#startIndex = (this.#startIndex + takenCount) % capacity;
    this.#length -= takenCount;
    this.#calmSamples += takenCount;
    if (this.#calmSamples >= calmSamples)
      this.#setReserve(Math.max(reserveSamples, Math.floor((3 * this.#reserve) / 4)));
    if (takenCount === out.length) return;
    this.#drySamples =
      (this.#isPlaying ? 0 : this.#drySamples) + out.length - takenCount;
    this.#isPlaying = false;
    this.#begunSamples = 0;
  }

  /**
   * Changes the reserve.
   * @param {number} reserve
   */
  #setReserve(reserve) {
    this.#reserve = reserve;
    this.#calmSamples = 0;
  }
}

/** Depth of a fade, as the power of e: -43 dB. */
const fadeEnd = 5;

/** Cuts a stream of samples into frames of one size. */
export class FrameCutter {
  /** @type {number} */
  #size;
  /** The frame that is not full yet. @type {Float32Array<ArrayBuffer>} */
  #openFrame;
  #length = 0;

  /**
   * Creates a cutter without samples.
   * @param {number} frameSamples size of a frame
   */
  constructor(frameSamples) {
    this.#size = frameSamples;
    this.#openFrame = new Float32Array(frameSamples);
  }

  /**
   * Adds samples. The rest waits for the next call.
   * @param {Float32Array} samples
   * @returns {readonly Float32Array<ArrayBuffer>[]} frames that are full now
   */
  cut(samples) {
    const frames = [];
    for (const sample of samples) {
      this.#openFrame[this.#length++] = sample;
      if (this.#length < this.#size) continue;
      frames.push(this.#openFrame);
      this.#openFrame = new Float32Array(this.#size);
      this.#length = 0;
    }
    return frames;
  }
}
