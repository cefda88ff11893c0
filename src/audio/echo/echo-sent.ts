import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { Bands, bandCount, bandSamples, silenceDb } from './echo-bands.ts';

/** Time between two measurements of the sent sound. */
export const hopMs = 8;
const hopSamples = (hopMs * listenRateHz) / 1000;
/** About 6 s. */
const kept = 768;
/** A frame later than this after the end of the one before starts a new position; less is the pacer's jitter ... */
const lateMs = 40;
/** ... and a burst is appended to the frames before it. */
const burstMs = 1_000;
/** Frames that wait to be measured: older ones than 2.5 s no microphone is compared with. */
const mostWaiting = 128;

/** A frame that left; `beginsAtMs` where it does not follow the one before. */
type SentFrame = { readonly samples: Int16Array; readonly beginsAtMs: number | undefined };

/**
 * Loudness of the sound that really left, in ten bands every 8 ms; one per session.
 *
 * Holds 6 s and forgets the oldest. Measures on demand, when a person speaks over it: of sound sent before that only the
 * last 2.5 s. Has no clock.
 */
export class SentEnvelope {
  /** Ten levels per hop in decibels; `at` gives the position, and measures missing hops. */
  readonly levels = new Float32Array(kept * bandCount).fill(silenceDb);
  readonly #bands = new Bands();
  /** The last 16 ms at 16 kHz, the newest hop of them being filled. */
  readonly #samples = new Float32Array(bandSamples);
  #filled = 0;
  #resampler = new Resampler(speakRateHz, listenRateHz);
  /** Number of hops written. Hop n is about the time around `n * hopMs`. */
  #hops = 0;
  #waiting: SentFrame[] = [];
  #endMs = Number.NEGATIVE_INFINITY;

  /** Instant at which the last frame had been played. */
  get endMs(): number {
    return this.#endMs;
  }

  /** A frame, mono at 24 kHz, and when it left. Keeps `samples`, which must not change any more. */
  left(samples: Int16Array, atMs: number): void {
    const behindMs = atMs - this.#endMs;
    const begins = behindMs > lateMs || behindMs < -burstMs;
    if (begins) this.#endMs = atMs;
    this.#endMs += (samples.length * 1000) / speakRateHz;
    this.#waiting.push({ samples, beginsAtMs: begins ? atMs : undefined });
    if (this.#waiting.length > mostWaiting) this.#skip(this.#waiting.shift());
  }

  /** Index of the levels of a hop; -1 for a future or forgotten hop: silence. */
  at(hop: number): number {
    if (this.#waiting.length > 0) this.#measure();
    return hop >= this.#hops || hop < Math.max(0, this.#hops - kept) ? -1 : place(hop);
  }

  #measure(): void {
    for (const { samples, beginsAtMs } of this.#waiting) {
      if (beginsAtMs !== undefined) this.#begin(beginsAtMs);
      for (const sample of this.#resampler.push(samples)) this.#push(sample / 32_768);
    }
    this.#waiting = [];
  }

  /** A frame that was not asked about in time counts as silence. */
  #skip(frame: SentFrame | undefined): void {
    if (!frame) return;
    if (frame.beginsAtMs !== undefined) this.#begin(frame.beginsAtMs);
    this.#filled += (frame.samples.length * listenRateHz) / speakRateHz;
    for (; this.#filled >= hopSamples; this.#filled -= hopSamples) {
      this.levels.fill(silenceDb, place(this.#hops), place(this.#hops) + bandCount);
      this.#hops++;
    }
  }

  #begin(atMs: number): void {
    const hop = Math.max(this.#hops, Math.round(atMs / hopMs));
    for (let n = Math.max(this.#hops, hop - kept); n < hop; n++) {
      this.levels.fill(silenceDb, place(n), place(n) + bandCount);
    }
    this.#hops = hop;
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
