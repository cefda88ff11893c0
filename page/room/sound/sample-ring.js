/**
 * Samples between a network that sends frames and a device with its own pace. Silent
 * until the reserve is there, and again once dry. A hole in speech doubles the reserve,
 * and a time without holes takes a quarter away.
 */
export class SampleRing {
  /** @type {Float32Array} */
  #samples;
  #sizes;
  #reserve;
  #from = 0;
  #length = 0;
  #plays = false;
  /** Samples since it ran dry. */
  #dry = Number.POSITIVE_INFINITY;
  /** Samples played since the reserve has changed. */
  #calm = 0;
  /** Samples played since it last began. */
  #begun = 0;
  /** The latest sample, from which silence is reached without a click. */
  #last = 0;

  /**
   * Creates a ring. `holeSamples`: sound that comes so soon after the ring ran dry was
   * late.
   * @param {{ reserveSamples: number, mostSamples: number, mostReserveSamples: number, holeSamples: number, calmSamples: number,
   *   fadeSamples: number }} sizes
   */
  constructor(sizes) {
    this.#sizes = sizes;
    this.#samples = new Float32Array(sizes.mostSamples);
    this.#reserve = sizes.reserveSamples;
  }

  get reserve() {
    return this.#reserve;
  }

  get length() {
    return this.#length;
  }

  /** @param {Float32Array} samples */
  push(samples) {
    const { holeSamples, mostReserveSamples } = this.#sizes;
    if (this.#dry <= holeSamples)
      this.#setReserve(Math.min(mostReserveSamples, 2 * this.#reserve));
    this.#dry = Number.POSITIVE_INFINITY;
    const size = this.#samples.length;
    for (const sample of samples) {
      if (this.#length === size) {
        this.#from = (this.#from + 1) % size;
        this.#length--;
      }
      this.#samples[(this.#from + this.#length) % size] = sample;
      this.#length++;
    }
    if (this.#length >= this.#reserve) this.#plays = true;
  }

  /**
   * @param {Float32Array} out
   */
  pull(out) {
    const { calmSamples, fadeSamples, reserveSamples } = this.#sizes;
    const taken = this.#plays ? Math.min(out.length, this.#length) : 0;
    const size = this.#samples.length;
    for (let n = 0; n < taken; n++) {
      const gain = Math.min(1, ++this.#begun / fadeSamples);
      out[n] = this.#last = gain * (this.#samples[(this.#from + n) % size] ?? 0);
    }
    const fall = Math.exp(-fadeEnd / fadeSamples);
    for (let n = taken; n < out.length; n++) out[n] = this.#last *= fall;
    this.#from = (this.#from + taken) % size;
    this.#length -= taken;
    this.#calm += taken;
    if (this.#calm >= calmSamples)
      this.#setReserve(Math.max(reserveSamples, Math.floor((3 * this.#reserve) / 4)));
    if (taken === out.length) return;
    this.#dry = (this.#plays ? 0 : this.#dry) + out.length - taken;
    this.#plays = false;
    this.#begun = 0;
  }

  /** @param {number} reserve */
  #setReserve(reserve) {
    this.#reserve = reserve;
    this.#calm = 0;
  }
}

/** Depth of a fade, as the power of e: -43 dB. */
const fadeEnd = 5;

export class FrameCutter {
  #size;
  /** @type {Float32Array<ArrayBuffer>} */
  #open;
  #length = 0;

  /** @param {number} frameSamples */
  constructor(frameSamples) {
    this.#size = frameSamples;
    this.#open = new Float32Array(frameSamples);
  }

  /**
   * @param {Float32Array} samples
   * @returns {readonly Float32Array<ArrayBuffer>[]}
   */
  cut(samples) {
    const frames = [];
    for (const sample of samples) {
      this.#open[this.#length++] = sample;
      if (this.#length < this.#size) continue;
      frames.push(this.#open);
      this.#open = new Float32Array(this.#size);
      this.#length = 0;
    }
    return frames;
  }
}
