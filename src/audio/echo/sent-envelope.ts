import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';

const fftSize = 256;
const halfFftSize = fftSize / 2;
const angles = Float64Array.from(
  { length: halfFftSize },
  (_, n) => (2 * Math.PI * n) / fftSize,
);
const cosines = angles.map(Math.cos);
const sines = angles.map(Math.sin);
const bitReversedOrder = Uint8Array.from({ length: fftSize }, (_, n) =>
  Number.parseInt([...n.toString(2).padStart(8, '0')].toReversed().join(''), 2),
);

/** Magnitudes of 256 real samples at 129 frequencies, by a fast Fourier transform that allocates nothing. */
export class Spectrum {
  readonly #window;
  readonly #re = new Float64Array(fftSize);
  readonly #im = new Float64Array(fftSize);
  readonly #measureMagnitudes = new Float64Array(halfFftSize + 1);

  constructor(window: Float64Array) {
    this.#window = window;
  }

  /** The result is valid until the next call. */
  measureMagnitudes(samples: Float32Array, at: number): Float64Array {
    for (let n = 0; n < fftSize; n++) {
      this.#re[bitReversedOrder[n] ?? 0] =
        (samples[at + n] ?? 0) * (this.#window[n] ?? 0);
    }
    this.#im.fill(0);
    this.#transform();
    for (let n = 0; n <= halfFftSize; n++) {
      this.#measureMagnitudes[n] = Math.sqrt(
        (this.#re[n] ?? 0) ** 2 + (this.#im[n] ?? 0) ** 2,
      );
    }
    return this.#measureMagnitudes;
  }

  #transform() {
    for (let span = 1; span < fftSize; span *= 2) {
      for (let start = 0; start < fftSize; start += 2 * span) {
        for (let n = 0; n < span; n++)
          this.#computeButterfly(start + n, start + n + span, (n * halfFftSize) / span);
      }
    }
  }

  /** Rotates `b` by `angle`, and adds it to and subtracts it from `a`. */
  #computeButterfly(a: number, b: number, angle: number) {
    const re = this.#re;
    const im = this.#im;
    const cos = cosines[angle] ?? 0;
    const sin = sines[angle] ?? 0;
    const x = re[b] ?? 0;
    const y = im[b] ?? 0;
    const turnedRe = x * cos + y * sin;
    const turnedIm = y * cos - x * sin;
    re[b] = (re[a] ?? 0) - turnedRe;
    im[b] = (im[a] ?? 0) - turnedIm;
    re[a] = (re[a] ?? 0) + turnedRe;
    im[a] = (im[a] ?? 0) + turnedIm;
  }
}

export const bandSamples = 256;

/** Bins of 62.5 Hz at which the bands begin, from 125 Hz to 5.5 kHz, as wide as the ear's bands. */
const bandEdges = [2, 5, 8, 11, 15, 20, 27, 36, 48, 64, 88];
export const bandCount = bandEdges.length - 1;
export const silenceDb = -100;

/** Power of a full-scale sine under a Hann window, all bins together. */
const fullScalePower = 1.5 * (bandSamples / 4) ** 2;

export class Bands {
  readonly #spectrum = new Spectrum(createHannWindow());

  /** Measures each band of 256 samples (-1 to 1) from `at`, and writes dB below full scale from `to`. */
  measure(samples: Float32Array, at: number, into: Float32Array, to: number) {
    const magnitudes = this.#spectrum.measureMagnitudes(samples, at);
    for (let band = 0; band < bandCount; band++) {
      let power = 0;
      for (let bin = bandEdges[band] ?? 0; bin < (bandEdges[band + 1] ?? 0); bin++) {
        power += (magnitudes[bin] ?? 0) ** 2;
      }
      into[to + band] = Math.max(silenceDb, 10 * Math.log10(power / fullScalePower));
    }
  }
}

function createHannWindow() {
  const step = (2 * Math.PI) / bandSamples;
  return Float64Array.from(
    { length: bandSamples },
    (_, n) => 0.5 - 0.5 * Math.cos(step * n),
  );
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
  readonly levels = new Float32Array(keptHops * bandCount).fill(silenceDb);
  readonly #bands = new Bands();
  readonly #samples = new Float32Array(bandSamples);
  #filled = 0;
  #resampler = new Resampler(speakRateHz, listenRateHz);
  /** Hop n covers the time around `n * hopMs`. */
  #hops = 0;
  #waiting: SentFrame[] = [];
  #endMs = -Infinity;

  get endMs(): number {
    return this.#endMs;
  }

  /** Adds a frame, mono at 24 kHz. `samples` must not change afterwards. */
  addSentFrame(samples: Int16Array, atMs: number) {
    const behindMs = atMs - this.#endMs;
    const begins = behindMs > maxJitterMs || behindMs < -maxBurstMs;
    if (begins) this.#endMs = atMs;
    this.#endMs += (samples.length * 1000) / speakRateHz;
    this.#waiting.push({ samples, beginsAtMs: begins ? atMs : undefined });
    if (this.#waiting.length > maxWaitingFrames) this.#skipFrame(this.#waiting.shift());
  }

  /** Returns the index of the levels of a hop, or -1 for a hop that is forgotten or in the future. */
  findLevelIndex(hop: number): number {
    if (this.#waiting.length > 0) this.#measure();
    return hop >= this.#hops || hop < Math.max(0, this.#hops - keptHops)
      ? -1
      : getLevelIndex(hop);
  }

  #measure() {
    for (const { samples, beginsAtMs } of this.#waiting) {
      if (beginsAtMs !== undefined) this.#beginPosition(beginsAtMs);
      for (const sample of this.#resampler.push(samples))
        this.#pushSample(sample / 32_768);
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

  #pushSample(sample: number) {
    this.#samples[bandSamples - hopSamples + this.#filled++] = sample;
    if (this.#filled < hopSamples) return;
    this.#bands.measure(this.#samples, 0, this.levels, getLevelIndex(this.#hops));
    this.#hops++;
    this.#filled = 0;
    this.#samples.copyWithin(0, hopSamples);
  }
}

function getLevelIndex(hop: number) {
  return (hop % keptHops) * bandCount;
}
