import { bandCount, hopMs, type SentEnvelope, silenceDb } from './echo-sent.ts';

/** Hops of reverberation, each quieter than the one before. */
const tailHops = 12;
const tailDb = 2;
/** Decay of the learned levels for each measurement: by 1/e after 60, 1 s. */
const keep = 1 - 1 / 60;
/** Lowest sent level to learn from: below it the microphone holds the room. */
const sentFloorDb = -55;
/** Lowest gain, in dB: a fainter echo is ignored. */
const leastGainDb = -60;
/** Difference in dB between measurements of one echo. */
const slackDb = 3;
/** The mean of noise lies under its single measurements. */
const noiseDb = 3;
/** Hops by which the packet that gave the lag may have been late. */
const leadHops = 2;

/** Difference between a microphone and the expected echo, in decibels, mean of the bands. */
type EchoComparison = {
  /** Level above all possible echo and noise. */
  readonly excessDb: number;
  /** Expected echo above the noise. */
  readonly expectedDb: number;
  /** Level below the expected echo. */
  readonly shortDb: number;
};

/** Path from a loudspeaker back into one person's microphone: one lag, and one gain for each band. */
export class EchoPath {
  /** Lag in hops of 8 ms. */
  readonly lag: number;
  readonly lagMs: number;
  readonly #sent;
  /** Sums of power give the gain: noise and single measurements hardly change them. */
  readonly #gains = new Float64Array(bandCount);
  readonly #sentPower = new Float64Array(bandCount);
  readonly #heardPower = new Float64Array(bandCount);

  constructor(sent: SentEnvelope, lag: number) {
    this.#sent = sent;
    this.lag = lag;
    this.lagMs = lag * hopMs;
  }

  /** Learns from levels above `noise`, the noise floor in each band: those are the echo. */
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

  /** Level with all the reverberation that may still sound. */
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

/** Two sounds together. */
function sum(aDb: number, bDb: number): number {
  const [most, least] = aDb > bDb ? [aDb, bDb] : [bDb, aDb];
  return most + 10 * Math.log10(1 + 10 ** ((least - most) / 10));
}

function powerOf(levelDb: number): number {
  return 10 ** (levelDb / 10);
}
