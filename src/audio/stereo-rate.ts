import { musicRateHz, type Pcm } from './pcm.ts';
import { Resampler } from './resample.ts';

/** Turns sound of any rate, mono or stereo, into 48 kHz stereo; both may change in between. */
export class StereoRate {
  #rateHz = musicRateHz;
  #channels: 1 | 2 = 2;
  #change: Resampler | undefined;
  /** A sample of stereo that came without its other half. */
  #odd: number | undefined;

  push({ samples, rateHz, channels }: Pcm): Int16Array[] {
    const isSame = rateHz === this.#rateHz && channels === this.#channels;
    const before = isSame ? [] : [this.#turn(rateHz, channels)];
    const whole = channels === 2 ? this.#even(samples) : samples;
    return [...before, this.#inBoth(this.#change ? this.#change.push(whole) : whole)];
  }

  /** Gives the samples held back, when a sound is over. */
  flush(): Int16Array {
    this.#odd = undefined;
    return this.#change ? this.#inBoth(this.#change.flush()) : new Int16Array(0);
  }

  #turn(rateHz: number, channels: 1 | 2): Int16Array {
    const rest = this.flush();
    this.#rateHz = rateHz;
    this.#channels = channels;
    this.#change =
      rateHz === musicRateHz ? undefined : new Resampler(rateHz, musicRateHz, channels);
    return rest;
  }

  #even(samples: Int16Array): Int16Array {
    if (this.#odd === undefined && samples.length % 2 === 0) return samples;
    const held = this.#odd === undefined ? [] : [this.#odd];
    const all = new Int16Array(held.length + samples.length);
    all.set(held);
    all.set(samples, held.length);
    this.#odd = all.length % 2 === 1 ? all.at(-1) : undefined;
    return all.subarray(0, all.length - (all.length % 2));
  }

  /** One channel on both sides. */
  #inBoth(samples: Int16Array): Int16Array {
    if (this.#channels === 2) return samples;
    const both = new Int16Array(2 * samples.length);
    for (let n = 0; n < samples.length; n++) {
      both[2 * n] = samples[n] ?? 0;
      both[2 * n + 1] = samples[n] ?? 0;
    }
    return both;
  }
}
