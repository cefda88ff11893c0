import type { VoiceWindow } from '#src/audio/voice/voice-activity.ts';
import {
  bandCount,
  bandSamples,
  hopMs,
  LevelTrack,
  measureBands,
  type SentEnvelope,
} from './band-levels.ts';
import { EchoPath } from './echo-path.ts';

/** Lags from 0 to 520 ms. */
const lagCount = 66;
/** Heard levels count by 1/e after this much voice. */
const decayTimeMs = 800;
const measurementIntervalMs = (1000 * bandSamples) / 16_000;
const decayPerMeasurement = Math.exp(-measurementIntervalMs / decayTimeMs);
// The echo of a quieter sound lies below the noise of a room.
const minSentDb = -55;

type LagMatch = {
  /** Hops of 8 ms between leaving and coming back. */
  readonly lag: number;
  /** Correlation of the loudness over time in all bands, 0 to 1. */
  readonly correlation: number;
  /** Voice behind the correlation, in measurements of 16 ms. Older ones count less. */
  readonly weight: number;
};

/** Correlates the heard levels with those that were sent, at each lag. */
class LagFinder {
  readonly #sent: SentEnvelope;
  readonly #heardLevels = new Float64Array(bandCount);
  #heardSquares = 0;
  readonly #sentLevels = new Float64Array(lagCount * bandCount);
  readonly #sentSquares = new Float64Array(lagCount);
  readonly #products = new Float64Array(lagCount);
  #weight = 0;

  constructor(sent: SentEnvelope) {
    this.#sent = sent;
  }

  /** Adds the heard levels of one measurement, in dB for each band. */
  add(levels: Float32Array, hop: number): void {
    this.#weight = this.#weight * decayPerMeasurement + 1;
    const heardLevels = this.#heardLevels;
    let squares = 0;
    for (let band = 0; band < bandCount; band++) {
      const level = levels[band] ?? 0;
      heardLevels[band] = (heardLevels[band] ?? 0) * decayPerMeasurement + level;
      squares += level * level;
    }
    this.#heardSquares = this.#heardSquares * decayPerMeasurement + squares;
    for (let lag = 0; lag < lagCount; lag++)
      this.#addLag(lag, levels, this.#sent.findLevelIndex(hop - lag));
  }

  /** Correlates at one lag. 0 as long as too little was heard. */
  getCorrelation(lag: number): number {
    const heardLevels = this.#heardLevels;
    const sentLevels = this.#sentLevels;
    let [common, sentSum, heardSum] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const a = heardLevels[band] ?? 0;
      const b = sentLevels[lag * bandCount + band] ?? 0;
      common += a * b;
      heardSum += a * a;
      sentSum += b * b;
    }
    // The overall loudness of a band does not count.
    const weight = this.#weight;
    const covariance = (this.#products[lag] ?? 0) - common / weight;
    const heardVariance = this.#heardSquares - heardSum / weight;
    const sentVariance = (this.#sentSquares[lag] ?? 0) - sentSum / weight;
    const size = heardVariance * sentVariance;
    return size > 1 ? covariance / Math.sqrt(size) : 0;
  }

  /** Finds the lag of the highest correlation. */
  findBestLag(): LagMatch {
    let [bestLag, highest] = [0, 0];
    for (let lag = 0; lag < lagCount; lag++) {
      const correlation = this.getCorrelation(lag);
      if (correlation > highest) [bestLag, highest] = [lag, correlation];
    }
    return { lag: bestLag, correlation: highest, weight: this.#weight };
  }

  /** Forgets all levels. */
  reset(): void {
    this.#heardLevels.fill(0);
    this.#sentLevels.fill(0);
    this.#sentSquares.fill(0);
    this.#products.fill(0);
    this.#heardSquares = 0;
    this.#weight = 0;
  }

  #addLag(lag: number, levels: Float32Array, sentAt: number) {
    const from = lag * bandCount;
    const { levels: envelope } = this.#sent;
    const sentLevels = this.#sentLevels;
    let [squares, product] = [0, 0];
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(
        minSentDb,
        sentAt < 0 ? minSentDb : (envelope[sentAt + band] ?? 0),
      );
      sentLevels[from + band] =
        (sentLevels[from + band] ?? 0) * decayPerMeasurement + level;
      squares += level * level;
      product += level * (levels[band] ?? 0);
    }
    this.#sentSquares[lag] =
      (this.#sentSquares[lag] ?? 0) * decayPerMeasurement + squares;
    this.#products[lag] = (this.#products[lag] ?? 0) * decayPerMeasurement + product;
  }
}

export type EchoView = {
  /** Share of the voiced windows that the sent sound explains, 0 to 1. */
  readonly share: number;
  /** Delay of the echo, both ways of the network included. */
  readonly lagMs: number | undefined;
  /** `speech` lasts until the end of the utterance, even if the person spoke over the echo for a moment. */
  readonly verdict: 'echo' | 'speech' | 'unknown';
  /** Instant from which the utterance holds more than echo. */
  readonly ownFromMs: number | undefined;
};

type EchoMeasurement = { readonly levels: Float32Array; readonly hop: number };

const windowMs = 32;
const maxStreamJumpMs = 60;
const clockDriftMs = 0.01;
/** A window counts for lag and excess from the lower probability on. */
const minVoicedProbability = 0.5;
const minMaybeVoicedProbability = 0.3;
const echoTailMs = 600;
/** Voiced windows for a verdict: echo of a known path, or speech that nothing explains. */
const [minEchoWindows, minSpeechWindows] = [5, 22];
const minEchoShare = 0.6;
/**
 * Excess over echo and noise that is a voice. At -20 dB, echo alone stays below 1 dB and words 10 dB above it exceed
 * 4 dB.
 */
const minOwnVoiceDb = 2;
/** A single click must not count as a voice. */
const maxExcessDb = 8;
/** A sound that is quieter than the expected echo by this much is no echo. */
const maxShortDb = 5;
const smoothingFactor = 0.2;
const maxRecentMeasurements = 64;
const minConfirmingMeasurements = 30;
const maxMisfits = 25;
const [maxMissingMeasurements, missingDb, audibleDb] = [120, 6, 6];
const [sameLagHops, minBetterCorrelation] = [3, 0.35];
/**
 * Correlation that proves an echo, by the weight of voice. 250 unrelated voices reached at most 0.64, 0.81 and 0.85.
 */
const echoProofs = [
  { weight: 24, likeness: 0.7 },
  { weight: 16, likeness: 0.84 },
  { weight: 10, likeness: 0.9 },
] as const;

/**
 * Correlation that rules an echo out. Half of the unrelated voices are below, and none of 60 echoes at -20 dB (0.77
 * or more).
 */
const echoDisproof = { weight: 20, likeness: 0.45 };

const initialNoiseDb = -72;
const minNoiseDb = -80;
const noiseSmoothingFactor = 0.15;
const maxNoiseRiseDb = 0.03;

/**
 * Tells the bot's own voice, coming back from a person's loudspeakers, from that person's speech.
 *
 * Each person has a meter. It compares levels in bands instead of waveforms, which rooms and noise suppression
 * change.
 *
 * @example
 * import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
 * import { SentEnvelope } from '#src/audio/echo/band-levels.ts';
 *
 * const meter = new EchoMeter(new SentEnvelope());
 * const samples = new Float32Array(512).fill(0.1);
 * meter.hear({ probability: 0.9, levelDb: -20, atMs: 32, isLost: false, samples }).verdict; // 'speech'
 */
export class EchoMeter {
  /** Levels that the microphone heard, to be compared with those of other people. */
  readonly track: LevelTrack = new LevelTrack();
  readonly #sent;
  readonly #finder;
  readonly #floor = new NoiseFloor();
  readonly #recent: EchoMeasurement[] = [];
  /** Position of the stream on the clock. Packets can only be late, never early. */
  #streamMs = -Infinity;
  #path: EchoPath | undefined;
  #excessDb = 0;
  #shortDb = 0;
  #fittingCount = 0;
  #misfitCount = 0;
  #missingCount = 0;
  #voicedCount = 0;
  #explainedCount = 0;
  #ownFromMs: number | undefined;
  #verdict: EchoView['verdict'] = 'unknown';

  constructor(sent: SentEnvelope) {
    this.#sent = sent;
    this.#finder = new LagFinder(sent);
  }

  /** Adds the next window of the person, and judges the utterance so far. */
  hear(window: VoiceWindow): EchoView {
    this.#alignStream(window.atMs);
    const sounds =
      this.#streamMs - this.#sent.endMs < echoTailMs + (this.#path?.lagMs ?? 0);
    for (let at = 0; at < window.samples.length; at += bandSamples) {
      if (!isRecorded(window.samples, at)) continue;
      this.#measureBand(window, at, sounds);
    }
    if (window.probability >= minMaybeVoicedProbability && sounds) this.#searchPath();
    if (window.probability >= minVoicedProbability) this.#updateVerdict(window, sounds);
    return {
      share: this.#voicedCount > 0 ? this.#explainedCount / this.#voicedCount : 0,
      lagMs: this.#path?.lagMs,
      verdict: this.#verdict,
      ownFromMs: this.#ownFromMs,
    };
  }

  /** Begins another verdict. The path of the echo stays known. */
  endUtterance(): void {
    this.#voicedCount = 0;
    this.#explainedCount = 0;
    this.#ownFromMs = undefined;
    this.#verdict = 'unknown';
  }

  #alignStream(atMs: number) {
    const nextMs = this.#streamMs + windowMs;
    const follows = Math.abs(atMs - nextMs) < maxStreamJumpMs;
    this.#streamMs = follows ? Math.min(nextMs + clockDriftMs, atMs) : atMs;
  }

  #measureBand({ samples, probability }: VoiceWindow, at: number, sounds: boolean) {
    const levels = new Float32Array(bandCount);
    measureBands(samples, at, levels, 0);
    this.#floor.add(levels);
    const behindMs = windowMs - (at / bandSamples + 1) * measurementIntervalMs;
    const hop = Math.round((this.#streamMs - behindMs) / hopMs);
    this.#recent.push({ levels, hop });
    if (this.#recent.length > maxRecentMeasurements) this.#recent.shift();
    const loud = probability >= minMaybeVoicedProbability;
    const raised = this.#floor.raiseToNoise(levels);
    this.track.add(raised, hop, loud);
    if (loud && sounds) this.#finder.add(raised, hop);
    if (!sounds) this.#finder.reset();
    if (this.#path) this.#checkPath(this.#path, { levels, hop }, loud);
  }

  #checkPath(path: EchoPath, { levels, hop }: EchoMeasurement, loud: boolean) {
    const { excessDb, shortDb, expectedDb } = path.compareLevels(
      levels,
      this.#floor.levels,
      hop,
    );
    this.#excessDb +=
      smoothingFactor * ((loud ? Math.min(maxExcessDb, excessDb) : 0) - this.#excessDb);
    this.#shortDb += smoothingFactor * (shortDb - this.#shortDb);
    if (this.#fitsPath) path.updateGains(levels, this.#floor.levels, hop);
    if (loud && this.#fitsPath) this.#fittingCount++;
    this.#misfitCount = Math.max(0, this.#misfitCount + (this.#fitsPath ? -0.25 : 1));
    if (expectedDb > audibleDb) {
      this.#missingCount = Math.max(
        0,
        this.#missingCount + (shortDb > missingDb ? 1 : -1),
      );
    }
    const chance =
      this.#excessDb >= minOwnVoiceDb && this.#fittingCount < minConfirmingMeasurements;
    if (chance || this.#missingCount > maxMissingMeasurements) this.#dropPath();
  }

  get #fitsPath() {
    return this.#excessDb < minOwnVoiceDb && this.#shortDb < maxShortDb;
  }

  #dropPath() {
    this.#path = undefined;
    this.#finder.reset();
  }

  #searchPath() {
    const match = this.#finder.findBestLag();
    if (!provesEcho(match) || (this.#path && !this.#hasPathChanged(this.#path, match)))
      return;
    const path = new EchoPath(this.#sent, match.lag);
    for (const { levels, hop } of this.#recent)
      path.updateGains(levels, this.#floor.levels, hop);
    if (!this.#path) this.#explainedCount = this.#voicedCount;
    this.#path = path;
    this.#excessDb = 0;
    this.#shortDb = 0;
    this.#fittingCount = 0;
    this.#misfitCount = 0;
    this.#missingCount = 0;
  }

  #hasPathChanged(path: EchoPath, { lag, correlation }: LagMatch) {
    if (Math.abs(path.lag - lag) <= sameLagHops) return this.#misfitCount >= maxMisfits;
    return correlation - this.#finder.getCorrelation(path.lag) > minBetterCorrelation;
  }

  #updateVerdict({ atMs }: VoiceWindow, sounds: boolean) {
    this.#voicedCount++;
    const hasOwnVoice = this.#path && this.#excessDb >= minOwnVoiceDb;
    if (this.#path && this.#fitsPath && sounds) this.#explainedCount++;
    if (hasOwnVoice) this.#ownFromMs ??= atMs - windowMs;
    if (!sounds || this.#ownFromMs !== undefined) this.#verdict = 'speech';
    else if (this.#path) this.#verdict = this.#judgeKnownPath();
    else this.#verdict = this.#isUnlike() ? 'speech' : 'unknown';
  }

  #isUnlike() {
    if (this.#voicedCount >= minSpeechWindows) return true;
    const { correlation, weight } = this.#finder.findBestLag();
    return weight >= echoDisproof.weight && correlation < echoDisproof.likeness;
  }

  #judgeKnownPath() {
    if (this.#voicedCount < minEchoWindows) return 'unknown';
    return this.#explainedCount / this.#voicedCount >= minEchoShare ? 'echo' : 'speech';
  }
}

function provesEcho({ correlation, weight }: LagMatch) {
  return echoProofs.some(
    (proof) => weight >= proof.weight && correlation >= proof.likeness,
  );
}

function isRecorded(samples: Float32Array, at: number) {
  // A gap is filled with zeros, unlike the silence of a room.
  let zeros = 0;
  for (let n = at; n < at + bandSamples; n++) if (samples[n] === 0) zeros++;
  return zeros < bandSamples / 2;
}

/** Level of a microphone's noise in each band, in dB. Rises slowly and falls fast. */
class NoiseFloor {
  /** One level for each band. Changes with each measurement. */
  readonly levels: Float32Array = new Float32Array(bandCount).fill(initialNoiseDb);
  readonly #means = new Float32Array(bandCount).fill(initialNoiseDb);
  readonly #raised = new Float32Array(bandCount);

  /** Adds the levels of one measurement. */
  add(measured: Float32Array): void {
    const levels = this.levels;
    const means = this.#means;
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(minNoiseDb, measured[band] ?? minNoiseDb);
      const oldMean = means[band] ?? 0;
      const mean = oldMean + noiseSmoothingFactor * (level - oldMean);
      means[band] = mean;
      levels[band] = Math.min(mean, (levels[band] ?? 0) + maxNoiseRiseDb);
    }
  }

  /** Raises levels to the noise. The result is valid until the next call. */
  raiseToNoise(measured: Float32Array): Float32Array {
    const raised = this.#raised;
    // Noise hides anything quieter.
    for (let band = 0; band < bandCount; band++) {
      raised[band] = Math.max(
        measured[band] ?? minNoiseDb,
        this.levels[band] ?? minNoiseDb,
      );
    }
    return raised;
  }
}
