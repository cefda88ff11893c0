import { listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resampler.ts';
import { createHannWindow, Spectrum } from '#src/audio/spectrum.ts';

/** Levels in ten bands around hop `hop`, in dB, raised to the noise of the microphone. */
type TrackedLevels = {
  readonly levels: Float32Array;
  /** Their mean, in dB. */
  readonly meanDb: number;
  readonly hop: number;
  readonly isVoiced: boolean;
};

type LevelPair = readonly [own: Float32Array, other: Float32Array];

/** How much two microphones heard the same. */
type SharedSound = {
  /** Correlation of the loudness over time in all bands at the best delay, -1 to 1. */
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
  #measured: TrackedLevels[] = [];
  /** The quietest level of each band. A microphone that sends nothing hears no more than that. */
  #quietest: Float32Array = new Float32Array(bandCount);

  /** Adds the levels of 16 ms. Hops never fall. */
  add(levels: Float32Array, hop: number, isVoiced: boolean): void {
    const kept = levels.slice();
    this.#measured.push({ levels: kept, meanDb: findMean(kept), hop, isVoiced });
    this.#noteQuietest(kept);
    if (this.#measured.length < 2 * maxMeasurements) return;
    this.#measured = this.#measured.slice(-maxMeasurements);
    this.#quietest = new Float32Array(bandCount);
    for (const measured of this.#measured) this.#noteQuietest(measured.levels);
  }

  /** Compares the voice between two instants of the clock, in ms, with what another microphone heard then. */
  compare(other: LevelTrack, fromMs: number, toMs: number): SharedSound {
    const own = this.#listVoiced(fromMs, toMs);
    const heard = own.length === 0 ? undefined : other.#listAround(own);
    if (!heard) return unlike;
    // A room of many compares each with all others at each pause: the mean levels leave few delays to look at closely.
    const { lag: meanLag, likeness: meanLikeness } = findMeanLag(own, heard);
    if (meanLikeness < minMeanLikeness) return unlike;
    let best = { likeness: -1, pairs: [] as readonly LevelPair[] };
    for (let lag = meanLag - stepHops; lag <= meanLag + stepHops; lag++) {
      const pairs = own.map(
        ({ hop, levels }): LevelPair => [levels, heard.findLevels(hop - lag)],
      );
      const likeness = correlateLevels(pairs);
      if (likeness > best.likeness) best = { likeness, pairs };
    }
    const { likeness, pairs } = best;
    return { likeness, louderDb: measureLouderDb(pairs), count: pairs.length };
  }

  #noteQuietest(levels: Float32Array) {
    for (let band = 0; band < bandCount; band++)
      this.#quietest[band] = Math.min(this.#quietest[band] ?? 0, levels[band] ?? 0);
  }

  /** Lists measurements of the voice, of a long one a part that is spread over all of it. */
  #listVoiced(fromMs: number, toMs: number) {
    const measured = this.#listBetween(fromMs / hopMs, toMs / hopMs);
    const voiced = measured.filter(({ isVoiced }) => isVoiced);
    const step = Math.ceil(voiced.length / maxCompared);
    return voiced.filter((_, n) => n % step === 0);
  }

  /** Lists levels from the time of a voice that another microphone heard. Undefined: there are none. */
  #listAround(voiced: readonly TrackedLevels[]): HeardLevels | undefined {
    const fromHop = (voiced[0]?.hop ?? 0) - maxLagHops - stepHops;
    const toHop = (voiced.at(-1)?.hop ?? 0) + maxLagHops + stepHops;
    const around = this.#listBetween(fromHop, toHop);
    if (around.length === 0) return undefined;
    const heard = new HeardLevels(fromHop, toHop, this.#quietest);
    for (const measured of around) heard.put(measured);
    return heard;
  }

  /** Lists measurements from one hop to another, both included. Most of them are among the newest. */
  #listBetween(fromHop: number, toHop: number) {
    const before = this.#measured.findLastIndex(({ hop }) => hop < fromHop);
    const last = this.#measured.findLastIndex(({ hop }) => hop <= toHop);
    return this.#measured.slice(before + 1, last + 1);
  }
}

/** Levels of a stretch by hop; where nothing was measured, the quietest ones. */
class HeardLevels {
  readonly #fromHop;
  readonly #quietest;
  readonly #levels: (Float32Array | undefined)[];
  readonly #meansDb: Float32Array;

  constructor(fromHop: number, toHop: number, quietest: Float32Array) {
    this.#fromHop = fromHop;
    this.#quietest = quietest;
    const hops = toHop - fromHop + 1;
    this.#levels = new Array(hops);
    this.#meansDb = new Float32Array(hops).fill(findMean(quietest));
  }

  /** Puts a measurement at its hop, and at the one before, where none is. */
  put({ hop, levels, meanDb }: TrackedLevels): void {
    const n = hop - this.#fromHop;
    this.#levels[n] = levels;
    this.#meansDb[n] = meanDb;
    if (n < 1 || this.#levels[n - 1]) return;
    this.#levels[n - 1] = levels;
    this.#meansDb[n - 1] = meanDb;
  }

  /** Finds the levels of the bands at a hop, in dB. */
  findLevels(hop: number): Float32Array {
    return this.#levels[hop - this.#fromHop] ?? this.#quietest;
  }

  /** Finds the mean level at a hop, in dB. */
  findMeanDb(hop: number): number {
    return this.#meansDb[hop - this.#fromHop] ?? 0;
  }
}

/** Finds the delay, in hops, at which the mean levels are most alike. */
function findMeanLag(own: readonly TrackedLevels[], heard: HeardLevels) {
  let best = { lag: 0, likeness: -1 };
  for (let lag = -maxLagHops; lag <= maxLagHops; lag += stepHops) {
    const sums = new PairSums();
    for (const { hop, meanDb } of own) sums.add(meanDb, heard.findMeanDb(hop - lag));
    const likeness = sums.getLikeness();
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best;
}

function findMean(levels: Float32Array) {
  let sum = 0;
  for (const level of levels) sum += level;
  return sum / levels.length;
}

/** Sums of pairs of numbers, and their correlation. */
class PairSums {
  #count = 0;
  #own = 0;
  #other = 0;
  #ownSquares = 0;
  #otherSquares = 0;
  #products = 0;

  /** Adds a pair. */
  add(own: number, other: number): void {
    this.#count++;
    this.#own += own;
    this.#other += other;
    this.#ownSquares += own * own;
    this.#otherSquares += other * other;
    this.#products += own * other;
  }

  /** Measures how both vary, and how they vary together. */
  measureVariance(): readonly [own: number, other: number, shared: number] {
    return [
      this.#ownSquares - this.#own ** 2 / this.#count,
      this.#otherSquares - this.#other ** 2 / this.#count,
      this.#products - (this.#own * this.#other) / this.#count,
    ];
  }

  /** Gets the correlation, -1 to 1. */
  getLikeness(): number {
    return correlate(this.measureVariance());
  }
}

function correlate([own, other, shared]: readonly [number, number, number]) {
  const size = own * other;
  return size > 1 ? shared / Math.sqrt(size) : -1;
}

/** Correlates in all bands together. The overall loudness of a band does not count. */
function correlateLevels(pairs: readonly LevelPair[]) {
  const total: [number, number, number] = [0, 0, 0];
  for (let band = 0; band < bandCount; band++) {
    const sums = new PairSums();
    for (const [own, other] of pairs) sums.add(own[band] ?? 0, other[band] ?? 0);
    for (const [n, variance] of sums.measureVariance().entries())
      total[n] = (total[n] ?? 0) + variance;
  }
  return correlate(total);
}

/** Measures how much louder the other levels are, where a band is loud: noise is as loud in every room. */
function measureLouderDb(pairs: readonly LevelPair[]) {
  let [sum, count] = [0, 0];
  for (let band = 0; band < bandCount; band++) {
    const meanDb =
      pairs.reduce((all, [own]) => all + (own[band] ?? 0), 0) / pairs.length;
    for (const [own, other] of pairs) {
      if ((own[band] ?? 0) <= meanDb) continue;
      sum += (other[band] ?? 0) - (own[band] ?? 0);
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
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
