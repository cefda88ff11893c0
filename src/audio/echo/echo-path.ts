import { bandCount, hopMs, type SentEnvelope, silenceDb } from './band-levels.ts';

const reverbHops = 12;
const reverbDecayDb = 2;
/** Learned levels count by 1/e after 60 measurements, about a second. */
const decayPerMeasurement = 1 - 1 / 60;
// Below this level the microphone holds the room.
const minSentDb = -55;
const minGainDb = -60;
const slackDb = 3;
/** The mean of noise lies below single measurements. */
const noiseMarginDb = 3;
/** The packet that gave the lag may have been late by as much. */
const maxLateHops = 2;

/** Means over all bands, in dB. */
type EchoComparison = {
  /** Heard above the expected echo and the noise. */
  readonly excessDb: number;
  /** Expected echo above the noise. */
  readonly expectedDb: number;
  /** Expected, but not heard. */
  readonly shortDb: number;
};

/** Path from a loudspeaker back into one microphone: one lag, and a gain for each band. */
export class EchoPath {
  /** Hops of 8 ms between leaving and coming back. */
  readonly lag: number;
  /** The same time in milliseconds. */
  readonly lagMs: number;
  readonly #sent: SentEnvelope;
  /** Sums of power give the gain, so that noise and single measurements hardly change it. */
  readonly #gains = new Float64Array(bandCount);
  readonly #sentPower = new Float64Array(bandCount);
  readonly #heardPower = new Float64Array(bandCount);

  constructor(sent: SentEnvelope, lag: number) {
    this.#sent = sent;
    this.lag = lag;
    this.lagMs = lag * hopMs;
  }

  /** Updates the gains by levels that hold only echo and noise. */
  updateGains(levels: Float32Array, noise: Float32Array, hop: number): void {
    for (let band = 0; band < bandCount; band++) {
      const sentDb = this.#getSentDb(hop - this.lag, band);
      if (sentDb < minSentDb) continue;
      const echoPower =
        toPower(levels[band] ?? silenceDb) -
        toPower((noise[band] ?? 0) + noiseMarginDb);
      const sentSum =
        (this.#sentPower[band] ?? 0) * decayPerMeasurement + toPower(sentDb);
      const heardSum =
        (this.#heardPower[band] ?? 0) * decayPerMeasurement + Math.max(0, echoPower);
      this.#sentPower[band] = sentSum;
      this.#heardPower[band] = heardSum;
      this.#gains[band] = Math.max(minGainDb, 10 * Math.log10(heardSum / sentSum));
    }
  }

  /** Compares heard levels with the echo that the sent sound should make. */
  compareLevels(
    levels: Float32Array,
    noise: Float32Array,
    hop: number,
  ): EchoComparison {
    let [excess, expected, short] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const gain = this.#gains[band] ?? 0;
      const floor = (noise[band] ?? 0) + noiseMarginDb;
      const echoDb = addLevels(this.#findLoudest(hop, band) + gain, floor);
      const level = levels[band] ?? 0;
      excess += Math.max(0, level - echoDb - slackDb);
      expected += echoDb - floor;
      short += Math.max(
        0,
        this.#getSentDb(hop - this.lag, band) + gain - Math.max(level, floor),
      );
    }
    return {
      excessDb: excess / bandCount,
      expectedDb: expected / bandCount,
      shortDb: short / bandCount,
    };
  }

  #findLoudest(hop: number, band: number) {
    const leftAt = hop - this.lag;
    let loudest = silenceDb;
    for (let n = -maxLateHops; n < reverbHops; n++) {
      const fallenDb = Math.max(0, n - 1) * reverbDecayDb;
      loudest = Math.max(loudest, this.#getSentDb(leftAt - n, band) - fallenDb);
    }
    return loudest;
  }

  #getSentDb(hop: number, band: number) {
    const at = this.#sent.findLevelIndex(hop);
    return at < 0 ? silenceDb : (this.#sent.levels[at + band] ?? silenceDb);
  }
}

function addLevels(aDb: number, bDb: number) {
  const [louder, quieter] = aDb > bDb ? [aDb, bDb] : [bDb, aDb];
  return louder + 10 * Math.log10(1 + 10 ** ((quieter - louder) / 10));
}

function toPower(levelDb: number) {
  return 10 ** (levelDb / 10);
}
