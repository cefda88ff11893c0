import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { createHannWindow, Spectrum } from '#src/audio/spectrum.ts';

export const bandSamples = 256;

/** Bins of 62.5 Hz at which the bands begin, from 125 Hz to 5.5 kHz, as wide as the ear's bands. */
const bandEdges = [2, 5, 8, 11, 15, 20, 27, 36, 48, 64, 88];
export const bandCount: number = bandEdges.length - 1;
export const silenceDb = -100;

/** Power of a full-scale sine under a Hann window, all bins together. */
const fullScalePower = 1.5 * (bandSamples / 4) ** 2;

const spectrum = new Spectrum(createHannWindow(bandSamples));

/** Measures each band of 256 samples (-1 to 1) from `at`, and writes dB below full scale from `to`. */
export function measureBands(
  samples: Float32Array,
  at: number,
  into: Float32Array,
  to: number,
): void {
  const powers = spectrum.measurePower(samples, at);
  for (let band = 0; band < bandCount; band++) {
    let power = 0;
    for (let bin = bandEdges[band] ?? 0; bin < (bandEdges[band + 1] ?? 0); bin++)
      power += powers[bin] ?? 0;
    into[to + band] = Math.max(silenceDb, 10 * Math.log10(power / fullScalePower));
  }
}

export const hopMs = 8;
const hopSamples = (hopMs * listenRateHz) / 1000;
/** About 6 s. */
const keptHops = 768;
const maxJitterMs = 40;
// Frames of a burst leave early and continue the frames before them.
const maxBurstMs = 1_000;
/** No microphone is compared with sound older than 2.5 s. */
const maxWaitingFrames = 128;

type SentFrame = {
  readonly samples: Int16Array;
  readonly beginsAtMs: number | undefined;
};

/**
 * Levels of the sound that really left, in ten bands every 8 ms. A session has one.
 *
 * Frames are measured only when a person speaks over them, and older ones than 2.5 s count as silence then.
 */
export class SentEnvelope {
  /** Levels of hop n, in dB, lie at `findLevelIndex(n)`. */
  readonly levels: Float32Array = new Float32Array(keptHops * bandCount).fill(
    silenceDb,
  );
  readonly #samples = new Float32Array(bandSamples);
  #filled = 0;
  #resampler = new Resampler(speakRateHz, listenRateHz);
  /** Hop n covers the time around `n * hopMs`. */
  #hops = 0;
  #waiting: SentFrame[] = [];
  #endMs = -Infinity;

  /** Instant at which the sound that left ends at a listener without delay. `-Infinity` before the first frame. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Adds a frame, mono at 24 kHz. `samples` must not change afterwards. */
  addSentFrame(samples: Int16Array, atMs: number): void {
    const behindMs = atMs - this.#endMs;
    const begins = behindMs > maxJitterMs || behindMs < -maxBurstMs;
    if (begins) this.#endMs = atMs;
    this.#endMs += (samples.length * 1000) / speakRateHz;
    this.#waiting.push({ samples, beginsAtMs: begins ? atMs : undefined });
    if (this.#waiting.length > maxWaitingFrames) this.#skipFrame(this.#waiting.shift());
  }

  /** Returns the index of the levels of a hop, or -1 for a hop that is forgotten or in the future. */
  findLevelIndex(hop: number): number {
    if (this.#waiting.length > 0) this.#measureWaiting();
    return hop >= this.#hops || hop < Math.max(0, this.#hops - keptHops)
      ? -1
      : getLevelIndex(hop);
  }

  #measureWaiting() {
    for (const { samples, beginsAtMs } of this.#waiting) {
      if (beginsAtMs !== undefined) this.#beginPosition(beginsAtMs);
      this.#addSamples(this.#resampler.push(samples));
    }
    this.#waiting = [];
  }

  #skipFrame(frame: SentFrame | undefined) {
    if (!frame) return;
    if (frame.beginsAtMs !== undefined) this.#beginPosition(frame.beginsAtMs);
    this.#filled += (frame.samples.length * listenRateHz) / speakRateHz;
    for (; this.#filled >= hopSamples; this.#filled -= hopSamples) {
      this.levels.fill(
        silenceDb,
        getLevelIndex(this.#hops),
        getLevelIndex(this.#hops) + bandCount,
      );
      this.#hops++;
    }
  }

  #beginPosition(atMs: number) {
    const hop = Math.max(this.#hops, Math.round(atMs / hopMs));
    for (let n = Math.max(this.#hops, hop - keptHops); n < hop; n++) {
      this.levels.fill(silenceDb, getLevelIndex(n), getLevelIndex(n) + bandCount);
    }
    this.#hops = hop;
    this.#samples.fill(0);
    this.#filled = 0;
    this.#resampler = new Resampler(speakRateHz, listenRateHz);
  }

  #addSamples(samples: Int16Array) {
    for (let n = 0; n < samples.length; n++) {
      this.#samples[bandSamples - hopSamples + this.#filled++] =
        (samples[n] ?? 0) / 32_768;
      if (this.#filled === hopSamples) this.#endHop();
    }
  }

  #endHop() {
    measureBands(this.#samples, 0, this.levels, getLevelIndex(this.#hops));
    this.#hops++;
    this.#filled = 0;
    this.#samples.copyWithin(0, hopSamples);
  }
}

function getLevelIndex(hop: number) {
  return (hop % keptHops) * bandCount;
}
