import { bandCount, hopMs } from './sent-envelope.ts';

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
export type SharedSound = {
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
 * import { LevelTrack } from '#src/audio/echo/level-track.ts';
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
