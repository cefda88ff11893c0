import type { Pcm } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { musicRateHz } from './stereo.ts';

/** Turns sound of any rate and either number of channels into 48 kHz stereo; both may change on the way. */
export class StereoRate {
  #rateHz = musicRateHz;
  #channels: 1 | 2 = 2;
  #lanes: Resampler[] = [];
  /** Of two channels, one sample that came without its other half. */
  #odd: number | undefined;

  push({ samples, rateHz, channels }: Pcm): Int16Array[] {
    const before =
      rateHz === this.#rateHz && channels === this.#channels ? [] : this.#turn(rateHz, channels);
    return [...before, this.#convert(channels === 2 ? this.#even(samples) : samples)];
  }

  /** What was held back, when a sound is over. */
  flush(): Int16Array {
    this.#odd = undefined;
    return joined(this.#lanes.map((lane) => lane.flush()));
  }

  #turn(rateHz: number, channels: 1 | 2): Int16Array[] {
    const rest = this.flush();
    this.#rateHz = rateHz;
    this.#channels = channels;
    this.#lanes =
      rateHz === musicRateHz
        ? []
        : Array.from({ length: channels }, () => new Resampler(rateHz, musicRateHz));
    return [rest];
  }

  #convert(samples: Int16Array): Int16Array {
    if (this.#lanes.length === 0) return this.#channels === 2 ? samples : joined([samples]);
    if (this.#channels === 1) return joined(this.#lanes.map((lane) => lane.push(samples)));
    return joined(this.#lanes.map((lane, side) => lane.push(sideOf(samples, side))));
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
}

function sideOf(samples: Int16Array, side: number): Int16Array {
  const one = new Int16Array(samples.length / 2);
  for (let n = 0; n < one.length; n++) one[n] = samples[2 * n + side] ?? 0;
  return one;
}

/** Two lanes beside each other, or one lane on both sides; nothing of none. */
function joined([left, right = left]: readonly Int16Array[]): Int16Array {
  if (!left || !right) return new Int16Array(0);
  const both = new Int16Array(2 * left.length);
  for (let n = 0; n < left.length; n++) {
    both[2 * n] = left[n] ?? 0;
    both[2 * n + 1] = right[n] ?? 0;
  }
  return both;
}
