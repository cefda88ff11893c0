import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';

/** Turns whatever a speech provider sends into mono at the speaking rate, in order. */
export class SpeakRate {
  #rateHz = speakRateHz;
  #resampler = new Resampler(speakRateHz, speakRateHz);

  /** The sound is copied: a provider may use its memory again. */
  push({ samples, rateHz, channels }: Pcm): Int16Array[] {
    const rest = this.#turnTo(rateHz);
    const mono = channels === 1 ? samples.slice() : mixDown(samples);
    return [...rest, this.#resampler.push(mono)];
  }

  /** What is still inside; afterwards another sentence may begin. */
  flush(): Int16Array[] {
    return [this.#resampler.flush()];
  }

  #turnTo(rateHz: number): Int16Array[] {
    if (rateHz === this.#rateHz) return [];
    const rest = this.flush();
    this.#rateHz = rateHz;
    this.#resampler = new Resampler(rateHz, speakRateHz);
    return rest;
  }
}

function mixDown(samples: Int16Array): Int16Array {
  const mono = new Int16Array(samples.length >> 1);
  for (let at = 0; at < mono.length; at++) {
    mono[at] = Math.round(((samples[2 * at] ?? 0) + (samples[2 * at + 1] ?? 0)) / 2);
  }
  return mono;
}
