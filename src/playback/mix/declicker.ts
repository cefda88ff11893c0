import { musicFrame, musicPerMs } from '#src/audio/pcm.ts';

/** Samples of one channel in the shortest ramp that does not click. */
export const rampSamples: number = 5 * musicPerMs;

/**
 * Removes clicks where stereo sound begins, ends or is cut: adds the difference to the sample before, fading in 5
 * ms.
 */
export class Declicker {
  readonly #lastSample = new Float32Array(2);
  /** Difference of each side at the latest jump. */
  readonly #difference = new Float32Array(2);
  #since = rampSamples;
  #isCut = true;

  /** True if the last frame ended in digital silence. */
  get isSilent(): boolean {
    return this.#lastSample[0] === 0 && this.#lastSample[1] === 0;
  }

  /** Announces that the next frame is another sound, or another place. */
  markCut(): void {
    this.#isCut = true;
  }

  /**
   * Smooths a frame in place. Its sound ends at sample `end` of one channel. Returns false if
   * nothing is audible.
   */
  smoothFrame(raw: Float32Array, end: number): boolean {
    const wasCut = this.#isCut;
    this.#isCut = end < musicFrame;
    if (end === 0 && this.isSilent) return false;
    raw.fill(0, 2 * end);
    this.#startFall(raw, 0);
    if (wasCut) this.#startJump(raw, 0);
    if (this.#isCut) this.#startJump(raw, end);
    this.#lastSample[0] = raw[raw.length - 2] ?? 0;
    this.#lastSample[1] = raw[raw.length - 1] ?? 0;
    return true;
  }

  #startJump(raw: Float32Array, at: number) {
    for (let side = 0; side < 2; side++) {
      const previous = at === 0 ? this.#lastSample[side] : raw[2 * at - 2 + side];
      this.#difference[side] = (previous ?? 0) - (raw[2 * at + side] ?? 0);
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
