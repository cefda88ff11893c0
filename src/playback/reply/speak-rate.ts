import { type Pcm, speakRateHz, toMono } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';

/** Turns sound of any rate and channels from a speech provider into mono at the speaking rate, in order. */
export class SpeakRate {
  #rateHz = speakRateHz;
  #resampler = new Resampler(speakRateHz, speakRateHz);

  /** The sound is copied: a provider may use its memory again. */
  push(pcm: Pcm): Int16Array[] {
    const rest = this.#turnTo(pcm.rateHz);
    const { samples } = toMono(pcm);
    return [...rest, this.#resampler.push(samples === pcm.samples ? samples.slice() : samples)];
  }

  /** Gives the samples still inside; afterwards another sentence may begin. */
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
