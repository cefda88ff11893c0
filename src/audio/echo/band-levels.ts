import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { createHannWindow, Spectrum } from '#src/audio/spectrum.ts';

/** How much two microphones heard the same. */
type SharedSound = {
  /** Correlation of the loudness over time in all bands at the best delay, -1 to 1. -1 where the other microphone heard it far softer. */
  readonly likeness: number;
  /** How much louder the other microphone heard it, in dB. */
  readonly louderDb: number;
  /** Measurements of 16 ms with a voice that were compared. */
  readonly count: number;
};

const unlike: SharedSound = { likeness: -1, louderDb: 0, count: 0 };
/** About 13 s of voice: longer than an utterance without a breath. */
const maxMeasurements = 800;
/** Measurements that are compared: as telling as more of them. */
const maxCompared = 250;
/** The air of a room and two networks bring the same voice this far apart at most, in hops of 8 ms. */
const maxLagHops = 25;
/** Measurements stand two hops apart. */
const stepHops = 2;
/** Of one voice the mean levels alone are no less like. Two people who speak at once seldom pass this. */
const minMeanLikeness = 0.4;
/** At the delays beside the likeliest one a voice is at most 3 dB louder. Of two people each hears the other far softer. */
const minMeanLouderDb = -3;
/** Row of `LevelTrack` with the quietest levels. */
const quietestRow = 2 * maxMeasurements;

/**
 * Levels of one person's microphone, by which two microphones of one room are told from two people. Only levels are kept, no sound.
 *
 * @example
 * import { LevelTrack } from '#src/audio/echo/band-levels.ts';
 *
 * const [near, far] = [new LevelTrack(), new LevelTrack()];
 * for (let hop = 0; hop < 200; hop += 2) {
 *   const loud = -30 + 20 * Math.sin(hop ** 1.5);
 *   near.add(new Float32Array(10).fill(loud), hop, true);
 *   far.add(new Float32Array(10).fill(loud - 12), hop + 4, true);
 * }
 * const { likeness, louderDb } = far.compare(near, 0, 1_700);
 * [likeness > 0.9, Math.round(louderDb)]; // [true, 12]
 */
export class LevelTrack {
  /**
   * A row of ten bands, in dB, for each measurement, raised to the noise of the microphone. The last row holds the quietest level of
   * each band: a microphone that sends nothing hears no more than that.
   */
  readonly #levels = new Float32Array((quietestRow + 1) * bandCount);
  /** Mean of each row, in dB. */
  readonly #meansDb = new Float32Array(quietestRow + 1);
  readonly #hops = new Float64Array(quietestRow);
  readonly #voiced = new Uint8Array(quietestRow);
  #count = 0;

  /** Adds the levels of 16 ms. Hops never fall. */
  add(levels: Float32Array, hop: number, isVoiced: boolean): void {
    const row = this.#count++;
    this.#levels.set(levels, row * bandCount);
    this.#meansDb[row] = this.#measureMeanDb(row);
    this.#hops[row] = hop;
    this.#voiced[row] = Number(isVoiced);
    this.#noteQuietest(row);
    if (this.#count === quietestRow) this.#forgetOlder();
  }

  /**
   * Compares the voice between two instants of the clock, in ms, with what another microphone heard then. A room of many compares each
   * with all others at each pause: the mean levels leave few delays, and few others who heard it louder, to look at closely.
   */
  compare(other: LevelTrack, fromMs: number, toMs: number): SharedSound {
    const own = this.#listVoiced(fromMs, toMs);
    const heard = own.length === 0 ? undefined : this.#alignRows(own, other);
    if (!heard) return unlike;
    const mean = this.#findMeanLag(own, other, heard);
    if (mean.likeness < minMeanLikeness) return unlike;
    const count = own.length;
    const louderDb = this.#measureLouderDb(own, other, heard, mean.lag);
    if (louderDb < minMeanLouderDb) return { likeness: -1, louderDb, count };
    let best = { likeness: -1, lag: mean.lag };
    for (let lag = mean.lag - stepHops; lag <= mean.lag + stepHops; lag++) {
      const likeness = this.#correlateBands(own, other, heard, lag);
      if (likeness > best.likeness) best = { likeness, lag };
    }
    return {
      likeness: best.likeness,
      louderDb: this.#measureLouderDb(own, other, heard, best.lag),
      count,
    };
  }

  #measureMeanDb(row: number) {
    let sum = 0;
    for (let band = 0; band < bandCount; band++)
      sum += this.#levels[row * bandCount + band] ?? 0;
    return sum / bandCount;
  }

  #noteQuietest(row: number) {
    const [at, quietestAt] = [row * bandCount, quietestRow * bandCount];
    for (let band = 0; band < bandCount; band++)
      this.#levels[quietestAt + band] = Math.min(
        this.#levels[quietestAt + band] ?? 0,
        this.#levels[at + band] ?? 0,
      );
  }

  #forgetOlder() {
    const from = this.#count - maxMeasurements;
    this.#levels.copyWithin(0, from * bandCount, this.#count * bandCount);
    for (const values of [this.#meansDb, this.#hops, this.#voiced])
      values.copyWithin(0, from, this.#count);
    this.#count = maxMeasurements;
    this.#levels.fill(0, quietestRow * bandCount);
    for (let row = 0; row < this.#count; row++) this.#noteQuietest(row);
  }

  /** Lists the rows of the voice, of a long one a part that is spread over all of it. */
  #listVoiced(fromMs: number, toMs: number): Int16Array {
    const first = this.#findRow(fromMs / hopMs, false);
    const end = this.#findRow(toMs / hopMs, true);
    let count = 0;
    for (let row = first; row < end; row++) count += this.#voiced[row] ?? 0;
    const step = Math.ceil(count / maxCompared);
    const rows = new Int16Array(Math.ceil(count / Math.max(1, step)));
    let n = 0;
    for (let row = first; row < end; row++) {
      if (this.#voiced[row] !== 1) continue;
      if (n % step === 0) rows[n / step] = row;
      n++;
    }
    return rows;
  }

  /** Finds the first row from a hop on, or behind it. Most of them are among the newest. */
  #findRow(hop: number, isBehind: boolean) {
    let row = this.#count;
    for (; row > 0; row--) {
      const before = this.#hops[row - 1] ?? 0;
      if (isBehind ? before <= hop : before < hop) break;
    }
    return row;
  }

  /** Finds the row of another microphone for each hop around a voice. Undefined: it heard nothing then. */
  #alignRows(own: Int16Array, other: LevelTrack): HeardRows | undefined {
    const fromHop = (this.#hops[own[0] ?? 0] ?? 0) - maxLagHops - stepHops;
    const toHop = (this.#hops[own.at(-1) ?? 0] ?? 0) + maxLagHops + stepHops;
    const [first, end] = [other.#findRow(fromHop, false), other.#findRow(toHop, true)];
    if (first === end) return undefined;
    other.#meansDb[quietestRow] = other.#measureMeanDb(quietestRow);
    const rows = new Int16Array(toHop - fromHop + 1).fill(quietestRow);
    for (let row = first; row < end; row++) {
      const n = (other.#hops[row] ?? 0) - fromHop;
      rows[n] = row;
      // A measurement stands for its hop, and for the one before, where none is.
      if (n > 0 && rows[n - 1] === quietestRow) rows[n - 1] = row;
    }
    return { fromHop, rows };
  }

  /** Finds the delay, in hops, at which the mean levels are most alike. */
  #findMeanLag(own: Int16Array, other: LevelTrack, heard: HeardRows) {
    let best = { lag: 0, likeness: -1 };
    for (let lag = -maxLagHops; lag <= maxLagHops; lag += stepHops) {
      const sums = new PairSums();
      for (const row of own)
        sums.add(
          this.#meansDb[row] ?? 0,
          other.#meansDb[this.#findHeardRow(row, heard, lag)] ?? 0,
        );
      const likeness = correlate(sums.ownVariance, sums.otherVariance, sums.shared);
      if (likeness > best.likeness) best = { lag, likeness };
    }
    return best;
  }

  #findHeardRow(row: number, { fromHop, rows }: HeardRows, lag: number) {
    return rows[(this.#hops[row] ?? 0) - lag - fromHop] ?? quietestRow;
  }

  /** Correlates in all bands together. The overall loudness of a band does not count. */
  #correlateBands(own: Int16Array, other: LevelTrack, heard: HeardRows, lag: number) {
    let [ownVariance, otherVariance, shared] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const sums = new PairSums();
      for (const row of own)
        sums.add(
          this.#levels[row * bandCount + band] ?? 0,
          other.#levels[this.#findHeardRow(row, heard, lag) * bandCount + band] ?? 0,
        );
      ownVariance += sums.ownVariance;
      otherVariance += sums.otherVariance;
      shared += sums.shared;
    }
    return correlate(ownVariance, otherVariance, shared);
  }

  /** Measures how much louder the other levels are, where a band is loud: noise is as loud in every room. */
  #measureLouderDb(own: Int16Array, other: LevelTrack, heard: HeardRows, lag: number) {
    let [sum, count] = [0, 0];
    for (let band = 0; band < bandCount; band++) {
      let all = 0;
      for (const row of own) all += this.#levels[row * bandCount + band] ?? 0;
      const meanDb = all / own.length;
      for (const row of own) {
        const level = this.#levels[row * bandCount + band] ?? 0;
        if (level <= meanDb) continue;
        const otherRow = this.#findHeardRow(row, heard, lag);
        sum += (other.#levels[otherRow * bandCount + band] ?? 0) - level;
        count++;
      }
    }
    return count === 0 ? 0 : sum / count;
  }
}

/** Rows of a `LevelTrack` by hop, from `fromHop` on; where nothing was measured, that of the quietest levels. */
type HeardRows = { readonly fromHop: number; readonly rows: Int16Array };

/** Sums of pairs of numbers, and how they vary. */
class PairSums {
  #count = 0;
  #own = 0;
  #other = 0;
  #ownSquares = 0;
  #otherSquares = 0;
  #products = 0;

  /** Variance of the first numbers, times their count. */
  get ownVariance(): number {
    return this.#ownSquares - this.#own ** 2 / this.#count;
  }

  /** Variance of the second numbers, times their count. */
  get otherVariance(): number {
    return this.#otherSquares - this.#other ** 2 / this.#count;
  }

  /** How both vary together. */
  get shared(): number {
    return this.#products - (this.#own * this.#other) / this.#count;
  }

  /** Adds a pair. */
  add(own: number, other: number): void {
    this.#count++;
    this.#own += own;
    this.#other += other;
    this.#ownSquares += own * own;
    this.#otherSquares += other * other;
    this.#products += own * other;
  }
}

/** Gets the correlation, -1 to 1. */
function correlate(ownVariance: number, otherVariance: number, shared: number) {
  const size = ownVariance * otherVariance;
  return size > 1 ? shared / Math.sqrt(size) : -1;
}

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
