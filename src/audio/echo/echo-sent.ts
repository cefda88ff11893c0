import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { Bands, bandCount, bandSamples, silenceDb } from './echo-bands.ts';

/** From one measurement of what was sent to the next. */
export const hopMs = 8;
const hopSamples = (hopMs * listenRateHz) / 1000;
/** About 6 s. */
const kept = 768;
/** A frame so much after the end of the one before begins anew; less is the pacer's jitter ... */
const lateMs = 40;
/** ... and a burst is played in line with what came before it. */
const burstMs = 1_000;

/**
 * How loud the sound that really left was, in ten bands every 8 ms; one per session.
 *
 * Holds 6 s and forgets the oldest. Has no clock.
 */
export class SentEnvelope {
  /** Ten levels per hop in decibels; `at` tells where. */
  readonly levels = new Float32Array(kept * bandCount).fill(silenceDb);
  readonly #bands = new Bands();
  /** The last 16 ms at 16 kHz, the newest hop of them being filled. */
  readonly #samples = new Float32Array(bandSamples);
  #filled = 0;
  #resampler = new Resampler(speakRateHz, listenRateHz);
  /** Hops written. Hop n tells of the time around `n * hopMs`. */
  #hops = 0;
  #endMs = Number.NEGATIVE_INFINITY;

  /** When the last frame had been played. */
  get endMs(): number {
    return this.#endMs;
  }

  /** A frame, mono at 24 kHz, and when it left. */
  left(samples: Int16Array, atMs: number): void {
    const behindMs = atMs - this.#endMs;
    if (behindMs > lateMs || behindMs < -burstMs) this.#begin(atMs);
    this.#endMs += (samples.length * 1000) / speakRateHz;
    for (const sample of this.#resampler.push(samples)) this.#push(sample / 32_768);
  }

  /** Where the levels of a hop begin; -1 for what is to come or forgotten: silence. */
  at(hop: number): number {
    return hop >= this.#hops || hop < Math.max(0, this.#hops - kept) ? -1 : place(hop);
  }

  #begin(atMs: number): void {
    const hop = Math.max(this.#hops, Math.round(atMs / hopMs));
    for (let n = Math.max(this.#hops, hop - kept); n < hop; n++) {
      this.levels.fill(silenceDb, place(n), place(n) + bandCount);
    }
    this.#hops = hop;
    this.#endMs = atMs;
    this.#samples.fill(0);
    this.#filled = 0;
    this.#resampler = new Resampler(speakRateHz, listenRateHz);
  }

  #push(sample: number): void {
    this.#samples[bandSamples - hopSamples + this.#filled++] = sample;
    if (this.#filled < hopSamples) return;
    this.#bands.measure(this.#samples, 0, this.levels, place(this.#hops));
    this.#hops++;
    this.#filled = 0;
    this.#samples.copyWithin(0, hopSamples);
  }
}

function place(hop: number): number {
  return (hop % kept) * bandCount;
}
