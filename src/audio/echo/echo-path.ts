import { bandCount, hopMs, type SentEnvelope, silenceDb } from './sent-envelope.ts';

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

type EchoComparison = {
  readonly excessDb: number;
  readonly expectedDb: number;
  readonly shortDb: number;
};

/** Path from a loudspeaker back into one microphone: one lag, and a gain for each band. */
export class EchoPath {
  readonly lag: number;
  readonly lagMs: number;
  readonly #sent;
  /** Sums of power give the gain, so that noise and single measurements hardly change it. */
  readonly #gains = new Float64Array(bandCount);
  readonly #sentPower = new Float64Array(bandCount);
  readonly #heardPower = new Float64Array(bandCount);

  constructor(sent: SentEnvelope, lag: number) {
    this.#sent = sent;
    this.lag = lag;
    this.lagMs = lag * hopMs;
  }

  learn(levels: Float32Array, noise: Float32Array, hop: number) {
    for (let band = 0; band < bandCount; band++) {
      const sentDb = this.#getSentDb(hop - this.lag, band);
      if (sentDb < minSentDb) continue;
      const sent = toPower(sentDb);
      const heard =
        toPower(levels[band] ?? silenceDb) -
        toPower((noise[band] ?? 0) + noiseMarginDb);
      const sentSum = (this.#sentPower[band] ?? 0) * decayPerMeasurement + sent;
      const heardSum =
        (this.#heardPower[band] ?? 0) * decayPerMeasurement + Math.max(0, heard);
      this.#sentPower[band] = sentSum;
      this.#heardPower[band] = heardSum;
      this.#gains[band] = Math.max(minGainDb, 10 * Math.log10(heardSum / sentSum));
    }
  }

  compare(levels: Float32Array, noise: Float32Array, hop: number): EchoComparison {
    let [excess, expected, short] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const gain = this.#gains[band] ?? 0;
      const floor = (noise[band] ?? 0) + noiseMarginDb;
      const most = addLevels(this.#findLoudest(hop, band) + gain, floor);
      const level = levels[band] ?? 0;
      excess += Math.max(0, level - most - slackDb);
      expected += most - floor;
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
    let most = silenceDb;
    for (let n = -maxLateHops; n < reverbHops; n++) {
      const fallenDb = Math.max(0, n - 1) * reverbDecayDb;
      most = Math.max(most, this.#getSentDb(hop - this.lag - n, band) - fallenDb);
    }
    return most;
  }

  #getSentDb(hop: number, band: number) {
    const at = this.#sent.findLevelIndex(hop);
    return at < 0 ? silenceDb : (this.#sent.levels[at + band] ?? silenceDb);
  }
}

function addLevels(aDb: number, bDb: number) {
  const [most, least] = aDb > bDb ? [aDb, bDb] : [bDb, aDb];
  return most + 10 * Math.log10(1 + 10 ** ((least - most) / 10));
}

function toPower(levelDb: number) {
  return 10 ** (levelDb / 10);
}
