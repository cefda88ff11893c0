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

export type EchoPath = ReturnType<typeof createEchoPath>;

/** Path from a loudspeaker back into one microphone: one lag, and a gain for each band. */
export function createEchoPath(sent: SentEnvelope, lag: number) {
  /** Sums of power give the gain, so that noise and single measurements hardly change it. */
  const gains = new Float64Array(bandCount);
  const sentPower = new Float64Array(bandCount);
  const heardPower = new Float64Array(bandCount);
  const lagMs: number = lag * hopMs;

  function findLoudest(hop: number, band: number) {
    let most = silenceDb;
    for (let n = -maxLateHops; n < reverbHops; n++) {
      const fallenDb = Math.max(0, n - 1) * reverbDecayDb;
      most = Math.max(most, getSentDb(hop - lag - n, band) - fallenDb);
    }
    return most;
  }

  function getSentDb(hop: number, band: number) {
    const at = sent.findLevelIndex(hop);
    return at < 0 ? silenceDb : (sent.levels[at + band] ?? silenceDb);
  }

  return {
    lagMs,

    lag,

    learn(levels: Float32Array, noise: Float32Array, hop: number) {
      for (let band = 0; band < bandCount; band++) {
        const sentDb = getSentDb(hop - lag, band);
        if (sentDb < minSentDb) continue;
        const sent = toPower(sentDb);
        const heard =
          toPower(levels[band] ?? silenceDb) -
          toPower((noise[band] ?? 0) + noiseMarginDb);
        const sentSum = (sentPower[band] ?? 0) * decayPerMeasurement + sent;
        const heardSum =
          (heardPower[band] ?? 0) * decayPerMeasurement + Math.max(0, heard);
        sentPower[band] = sentSum;
        heardPower[band] = heardSum;
        gains[band] = Math.max(minGainDb, 10 * Math.log10(heardSum / sentSum));
      }
    },

    compare(levels: Float32Array, noise: Float32Array, hop: number): EchoComparison {
      let [excess, expected, short] = [0, 0, 0];
      for (let band = 0; band < bandCount; band++) {
        const gain = gains[band] ?? 0;
        const floor = (noise[band] ?? 0) + noiseMarginDb;
        const most = addLevels(findLoudest(hop, band) + gain, floor);
        const level = levels[band] ?? 0;
        excess += Math.max(0, level - most - slackDb);
        expected += most - floor;
        short += Math.max(
          0,
          getSentDb(hop - lag, band) + gain - Math.max(level, floor),
        );
      }
      return {
        excessDb: excess / bandCount,
        expectedDb: expected / bandCount,
        shortDb: short / bandCount,
      };
    },
  };
}

function addLevels(aDb: number, bDb: number) {
  const [most, least] = aDb > bDb ? [aDb, bDb] : [bDb, aDb];
  return most + 10 * Math.log10(1 + 10 ** ((least - most) / 10));
}

function toPower(levelDb: number) {
  return 10 ** (levelDb / 10);
}
