import { maxVolumePercent } from '#src/base/volume.ts';
import { Gain, gainOf } from '#src/playback/mix/gain.ts';
import { musicFrame, musicPerMs, rampSamples } from '#src/playback/mix/stereo.ts';

/** Volume of one track; every change takes 5 ms at least. */
export class TrackVolume {
  readonly #gain = new Gain();
  readonly #ducked = new Gain();
  #percent = 100;
  #isMuted = false;

  get percent(): number {
    return this.#percent;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  mute(on: boolean): void {
    this.#isMuted = on;
    this.#turn(0);
  }

  /** Returns the volume set, limited to the allowed range. */
  fade(percent: number, overMs: number): number {
    if (Number.isFinite(percent)) this.#percent = Math.max(0, Math.min(maxVolumePercent, percent));
    this.#turn(overMs);
    return this.#percent;
  }

  /** Lowers the track by `db` below its volume, over `overMs`; 0: at once. */
  duck(db: number, overMs: number): void {
    this.#ducked.to(gainOf(-Math.abs(db)), Math.max(0, overMs) * musicPerMs);
  }

  /** 20 ms, in place; false where nothing is left to hear. */
  apply(sound: Float32Array, isSounding: boolean): boolean {
    const isHeard = isSounding && this.#gain.steady !== 0;
    for (const glide of [this.#gain, this.#ducked]) {
      if (isHeard) glide.applyToStereo(sound);
      else glide.pass(musicFrame);
    }
    return isHeard;
  }

  #turn(overMs: number): void {
    const gain = this.#isMuted ? 0 : this.#percent / 100;
    this.#gain.to(gain, Math.max(overMs * musicPerMs, rampSamples));
  }
}
