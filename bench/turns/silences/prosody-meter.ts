import { listenRateHz } from '#src/audio/pcm.ts';

/** How somebody spoke up to their last voiced sound; zeros where too little was heard. */
export type Prosody = {
  /** Slope of the pitch over the last 240 ms, in semitones per 100 ms. */
  readonly pitchSlope: number;
  /** Last pitch, in semitones above the median of the last 3 s. */
  readonly pitchAboveMedian: number;
  /** Share of the pitches of the last 3 s that were lower than the last one. */
  readonly pitchRank: number;
  /** Length of the last voiced stretch as a part of the mean one before. */
  readonly lengthening: number;
  /** Level of the last 100 ms of voice above its mean, in dB. */
  readonly levelAboveMean: number;
  /** Slope of the level over the last 200 ms, in dB per 100 ms. */
  readonly levelSlope: number;
};

const hopMs = 20;
const hop = (listenRateHz * hopMs) / 1000;
/** The pitch is looked for at 4 kHz. */
const decimation = 4;
const pitchRateHz = listenRateHz / decimation;
const [lowestHz, highestHz] = [65, 400] as const;
const shortestLag = Math.floor(pitchRateHz / highestHz);
const longestLag = Math.ceil(pitchRateHz / lowestHz);
/** 40 ms. */
const windowLength = pitchRateHz / 25;
const historyLength = windowLength + longestLag;
const framesKept = 150;
/** Least normalised autocorrelation of a voice. */
const leastPeriodicity = 0.6;
/** The first period that correlates as well as this part of the best one is the pitch: no octave too low. */
const octaveGuard = 0.88;
/** A voice is louder, in dBFS. */
const faintestDb = -52;

/** Pitch and level of one person, every 20 ms, out of 16 kHz mono (normalised autocorrelation after McLeod). */
export class ProsodyMeter {
  readonly #history = new Float32Array(historyLength);
  readonly #hopSamples = new Float32Array(hop);
  #filled = 0;
  /** Ring of the last frames: pitch in semitones above 65 Hz, NaN without one, and level in dBFS. */
  readonly #pitches = new Float32Array(framesKept).fill(Number.NaN);
  readonly #levels = new Float32Array(framesKept).fill(-100);
  #frames = 0;

  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.#hopSamples[this.#filled++] = sample / 32_768;
      if (this.#filled < hop) continue;
      this.#filled = 0;
      this.#measure();
    }
  }

  prosody(): Prosody {
    return prosodyOf(this.#recent(this.#pitches), this.#recent(this.#levels));
  }

  #recent(ring: Float32Array): number[] {
    const count = Math.min(this.#frames, framesKept);
    return Array.from(
      { length: count },
      (_, n) => ring[(this.#frames - count + n) % framesKept] ?? 0,
    );
  }

  #measure(): void {
    const history = this.#history;
    const added = hop / decimation;
    history.copyWithin(0, added);
    let squares = 0;
    for (let n = 0; n < added; n++) {
      let sum = 0;
      for (let k = 0; k < decimation; k++) {
        const sample = this.#hopSamples[n * decimation + k] ?? 0;
        sum += sample;
        squares += sample * sample;
      }
      history[historyLength - added + n] = sum / decimation;
    }
    const levelDb = Math.max(-100, 10 * Math.log10(squares / hop + 1e-12));
    const at = this.#frames % framesKept;
    this.#levels[at] = levelDb;
    this.#pitches[at] = levelDb < faintestDb ? Number.NaN : pitchOf(history);
    this.#frames++;
  }
}

const correlations = new Float32Array(longestLag + 2);

/** Semitones above 65 Hz of the last 40 ms; NaN where they have no period. */
function pitchOf(history: Float32Array): number {
  const highest = correlate(history);
  if (highest < leastPeriodicity) return Number.NaN;
  for (let lag = shortestLag + 1; lag < longestLag; lag++) {
    const here = correlations[lag] ?? 0;
    if (here < octaveGuard * highest) continue;
    const [before, after] = [correlations[lag - 1] ?? 0, correlations[lag + 1] ?? 0];
    if (here < before || here < after) continue;
    const bend = before - 2 * here + after;
    const exact = bend < 0 ? lag + (before - after) / (2 * bend) : lag;
    return 12 * Math.log2(pitchRateHz / exact / lowestHz);
  }
  return Number.NaN;
}

/** Fills `correlations` for each lag, each at most 1; the highest of them. */
function correlate(history: Float32Array): number {
  const energy = power(history, longestLag, historyLength);
  let delayed = power(history, longestLag - shortestLag + 1, historyLength - shortestLag + 1);
  let highest = 0;
  for (let lag = shortestLag; lag <= longestLag; lag++) {
    delayed += (history[longestLag - lag] ?? 0) ** 2 - (history[historyLength - lag] ?? 0) ** 2;
    let product = 0;
    for (let n = longestLag; n < historyLength; n++) {
      product += (history[n] ?? 0) * (history[n - lag] ?? 0);
    }
    const correlation = (2 * product) / (energy + delayed + 1e-9);
    correlations[lag] = correlation;
    highest = Math.max(highest, correlation);
  }
  return highest;
}

function power(samples: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let n = from; n < to; n++) sum += (samples[n] ?? 0) ** 2;
  return sum;
}

/** Of frames of 20 ms, the latest last. */
function prosodyOf(pitches: readonly number[], levels: readonly number[]): Prosody {
  const voiced = pitches.flatMap((pitch, n) =>
    Number.isNaN(pitch) ? [] : [{ n, pitch, level: levels[n] ?? 0 }],
  );
  const last = voiced.at(-1)?.n;
  if (last === undefined) return nothingSaid;
  const sorted = voiced.map(({ pitch }) => pitch).sort((a, b) => a - b);
  const finalPitch = mean(voiced.slice(-4).map(({ pitch }) => pitch));
  const lengths = stretchLengths(voiced.map(({ n }) => n));
  const before = lengths.slice(0, -1);
  const lately = voiced.filter(({ n }) => n > last - 12);
  const sounding = levels.slice(Math.max(0, last - 9), last + 1);
  return {
    pitchSlope: 5 * slope(lately.map(({ n, pitch }) => [n, pitch])),
    pitchAboveMedian: finalPitch - (sorted[sorted.length >> 1] ?? 0),
    pitchRank: sorted.filter((pitch) => pitch < finalPitch).length / sorted.length,
    lengthening: before.length > 0 ? (lengths.at(-1) ?? 0) / mean(before) : 1,
    levelAboveMean:
      mean(voiced.slice(-5).map(({ level }) => level)) - mean(voiced.map(({ level }) => level)),
    levelSlope: 5 * slope(sounding.map((level, n) => [n, level])),
  };
}

const nothingSaid: Prosody = {
  pitchSlope: 0,
  pitchAboveMedian: 0,
  pitchRank: 0,
  lengthening: 1,
  levelAboveMean: 0,
  levelSlope: 0,
};

/** In frames; a single frame without a pitch does not break one. */
function stretchLengths(places: readonly number[]): number[] {
  const lengths: number[] = [];
  let from = places[0] ?? 0;
  for (const [n, place] of places.entries()) {
    const next = places[n + 1];
    if (next !== undefined && next - place <= 2) continue;
    lengths.push(place - from + 1);
    from = next ?? 0;
  }
  return lengths;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Least squares; 0 for fewer than three points. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  if (points.length < 3) return 0;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  let [over, under] = [0, 0];
  for (const [x, y] of points) {
    over += (x - meanX) * (y - meanY);
    under += (x - meanX) ** 2;
  }
  return under === 0 ? 0 : over / under;
}
