/**
 * Samples between a network that sends frames and a device that takes them at its own pace.
 *
 * Silent until the reserve is there, and again once it has run dry. What does not fit takes the place of the oldest.
 */
export class SampleRing {
  /** @type {Float32Array} */
  #samples;
  #reserve;
  #from = 0;
  #length = 0;
  #plays = false;

  /** @param {{ reserveSamples: number, mostSamples: number }} sizes */
  constructor({ reserveSamples, mostSamples }) {
    this.#samples = new Float32Array(mostSamples);
    this.#reserve = reserveSamples;
  }

  /** Number of samples that wait. */
  get length() {
    return this.#length;
  }

  /** @param {Float32Array} samples */
  push(samples) {
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
   * Fills `out`, with silence where there is nothing to play.
   * @param {Float32Array} out
   */
  pull(out) {
    const taken = this.#plays ? Math.min(out.length, this.#length) : 0;
    const size = this.#samples.length;
    for (let n = 0; n < taken; n++) out[n] = this.#samples[(this.#from + n) % size] ?? 0;
    out.fill(0, taken);
    this.#from = (this.#from + taken) % size;
    this.#length -= taken;
    if (taken < out.length) this.#plays = false;
  }
}

/** Cuts a stream of samples of any lengths into frames of one length. */
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
   * The frames that `samples` complete.
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
