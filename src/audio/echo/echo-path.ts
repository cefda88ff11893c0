import { bandCount, hopMs, type SentEnvelope, silenceDb } from './echo-sent.ts';

const tailHops = 12;
const tailDb = 2;
/** Learned levels count by 1/e after 60 measurements, about a second. */
const keep = 1 - 1 / 60;
// Below this level the microphone holds the room.
const sentFloorDb = -55;
const leastGainDb = -60;
const slackDb = 3;
/** The mean of noise lies below single measurements. */
const noiseDb = 3;
/** The packet that gave the lag may have been late by as much. */
const leadHops = 2;

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

  learn(levels: Float32Array, noise: Float32Array, hop: number): void {
    for (let band = 0; band < bandCount; band++) {
      const sentDb = this.#at(hop - this.lag, band);
      if (sentDb < sentFloorDb) continue;
      const sent = powerOf(sentDb);
      const heard = powerOf(levels[band] ?? silenceDb) - powerOf((noise[band] ?? 0) + noiseDb);
      const sentSum = (this.#sentPower[band] ?? 0) * keep + sent;
      const heardSum = (this.#heardPower[band] ?? 0) * keep + Math.max(0, heard);
      this.#sentPower[band] = sentSum;
      this.#heardPower[band] = heardSum;
      this.#gains[band] = Math.max(leastGainDb, 10 * Math.log10(heardSum / sentSum));
    }
  }

  compare(levels: Float32Array, noise: Float32Array, hop: number): EchoComparison {
    let [excess, expected, short] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const gain = this.#gains[band] ?? 0;
      const floor = (noise[band] ?? 0) + noiseDb;
      const most = sum(this.#loudest(hop, band) + gain, floor);
      const level = levels[band] ?? 0;
      excess += Math.max(0, level - most - slackDb);
      expected += most - floor;
      short += Math.max(0, this.#at(hop - this.lag, band) + gain - Math.max(level, floor));
    }
    return {
      excessDb: excess / bandCount,
      expectedDb: expected / bandCount,
      shortDb: short / bandCount,
    };
  }

  #loudest(hop: number, band: number): number {
    let most = silenceDb;
    for (let n = -leadHops; n < tailHops; n++) {
      const fallenDb = Math.max(0, n - 1) * tailDb;
      most = Math.max(most, this.#at(hop - this.lag - n, band) - fallenDb);
    }
    return most;
  }

  #at(hop: number, band: number): number {
    const at = this.#sent.at(hop);
    return at < 0 ? silenceDb : (this.#sent.levels[at + band] ?? silenceDb);
  }
}

function sum(aDb: number, bDb: number): number {
  const [most, least] = aDb > bDb ? [aDb, bDb] : [bDb, aDb];
  return most + 10 * Math.log10(1 + 10 ** ((least - most) / 10));
}

function powerOf(levelDb: number): number {
  return 10 ** (levelDb / 10);
}
