import { musicFrame, rampSamples } from './gain.ts';

/**
 * Takes the click out of sound of two channels where it begins, ends or is cut: the difference to the sample before is added
 * to what follows, and falls to zero in 5 ms. Places are samples of one channel.
 */
export class Declicker {
  /** Latest sample of each side. */
  readonly #last = new Float32Array(2);
  /** Difference of each side at the latest jump, and the samples since. */
  readonly #difference = new Float32Array(2);
  #since = rampSamples;
  /** The next frame does not continue the former one. */
  #isCut = true;

  /** The latest frame ended in silence. */
  get isSilent(): boolean {
    return this.#last[0] === 0 && this.#last[1] === 0;
  }

  /** The next frame is to be another sound, or another place. */
  cut(): void {
    this.#isCut = true;
  }

  /** Smooths a frame whose sound ends at place `end`, in place; false where there is nothing to hear. */
  smooth(raw: Float32Array, end: number): boolean {
    const wasCut = this.#isCut;
    this.#isCut = end < musicFrame;
    if (end === 0 && this.isSilent) return false;
    raw.fill(0, 2 * end);
    this.#startFall(raw, 0);
    if (wasCut) this.#startJump(raw, 0);
    if (this.#isCut) this.#startJump(raw, end);
    this.#last[0] = raw[raw.length - 2] ?? 0;
    this.#last[1] = raw[raw.length - 1] ?? 0;
    return true;
  }

  #startJump(raw: Float32Array, at: number) {
    for (let side = 0; side < 2; side++) {
      const before = at === 0 ? this.#last[side] : raw[2 * at - 2 + side];
      this.#difference[side] = (before ?? 0) - (raw[2 * at + side] ?? 0);
    }
    this.#since = 0;
    this.#startFall(raw, at);
  }

  #startFall(raw: Float32Array, from: number) {
    for (
      let n = 2 * from;
      n < raw.length && this.#since < rampSamples;
      n += 2, this.#since++
    ) {
      const share = 1 - (this.#since + 0.5) / rampSamples;
      raw[n] = (raw[n] ?? 0) + (this.#difference[0] ?? 0) * share;
      raw[n + 1] = (raw[n + 1] ?? 0) + (this.#difference[1] ?? 0) * share;
    }
  }
}
