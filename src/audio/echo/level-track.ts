import { bandCount, hopMs } from './sent-envelope.ts';

/** Levels in ten bands around hop `hop`, in dB, raised to the noise of the microphone. */
type TrackedLevels = {
  readonly levels: Float32Array;
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

  /** Adds the levels of 16 ms. Hops never fall. */
  add(levels: Float32Array, hop: number, isVoiced: boolean): void {
    this.#measured.push({ levels: levels.slice(), hop, isVoiced });
    if (this.#measured.length >= 2 * maxMeasurements)
      this.#measured = this.#measured.slice(-maxMeasurements);
  }

  /** Compares the voice between two instants of the clock, in ms, with what another microphone heard then. */
  compare(other: LevelTrack, fromMs: number, toMs: number): SharedSound {
    const own = this.#listVoiced(fromMs, toMs);
    const heard = other.#indexByHop((own[0]?.hop ?? 0) - maxLagHops - 1);
    if (own.length === 0 || heard.size === 0) return unlike;
    const quietest = other.#findQuietest();
    let best = { likeness: -1, pairs: [] as readonly LevelPair[] };
    for (let lag = -maxLagHops; lag <= maxLagHops; lag++) {
      const findLevels = (hop: number) =>
        heard.get(hop - lag) ?? heard.get(hop - lag + 1);
      const pairs = own.map(
        ({ hop, levels }): LevelPair => [levels, findLevels(hop) ?? quietest],
      );
      const likeness = correlateLevels(pairs);
      if (likeness > best.likeness) best = { likeness, pairs };
    }
    const { likeness, pairs } = best;
    return { likeness, louderDb: measureLouderDb(pairs), count: pairs.length };
  }

  /** Lists measurements of the voice, of a long one a part that is spread over all of it. */
  #listVoiced(fromMs: number, toMs: number) {
    const voiced = this.#measured.filter(
      ({ hop, isVoiced }) => isVoiced && hop * hopMs >= fromMs && hop * hopMs <= toMs,
    );
    const step = Math.ceil(voiced.length / maxCompared);
    return voiced.filter((_, n) => n % step === 0);
  }

  #indexByHop(fromHop: number) {
    const later = this.#measured.filter(({ hop }) => hop >= fromHop);
    return new Map(later.map(({ hop, levels }) => [hop, levels]));
  }

  /** Finds the quietest level of each band. A microphone that sends nothing hears no more than that. */
  #findQuietest() {
    const quietest = new Float32Array(bandCount);
    for (const { levels } of this.#measured)
      for (let band = 0; band < bandCount; band++)
        quietest[band] = Math.min(quietest[band] ?? 0, levels[band] ?? 0);
    return quietest;
  }
}

/** Correlates in all bands together. The overall loudness of a band does not count. */
function correlateLevels(pairs: readonly LevelPair[]) {
  let [covariance, ownVariance, otherVariance] = [0, 0, 0];
  for (let band = 0; band < bandCount; band++) {
    let [ownSum, otherSum, ownSquares, otherSquares, products] = [0, 0, 0, 0, 0];
    for (const [own, other] of pairs) {
      const [a, b] = [own[band] ?? 0, other[band] ?? 0];
      ownSum += a;
      otherSum += b;
      ownSquares += a * a;
      otherSquares += b * b;
      products += a * b;
    }
    covariance += products - (ownSum * otherSum) / pairs.length;
    ownVariance += ownSquares - ownSum ** 2 / pairs.length;
    otherVariance += otherSquares - otherSum ** 2 / pairs.length;
  }
  const size = ownVariance * otherVariance;
  return size > 1 ? covariance / Math.sqrt(size) : -1;
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
