import type { VoiceWindow } from '#src/audio/voice/voice-meter.ts';
import { EchoPath } from './echo-path.ts';
import { Bands, bandCount, bandSamples, hopMs, type SentEnvelope } from './echo-sent.ts';

/** Lags from 0 to 520 ms. */
const lagCount = 66;
/** Heard levels count by 1/e after this much voice. */
const fadeMs = 800;
const stepMs = (1000 * bandSamples) / 16_000;
const fade = Math.exp(-stepMs / fadeMs);
// The echo of a quieter sound lies below the noise of a room.
const sentFloorDb = -55;

type Likeness = {
  /** Hops of 8 ms between leaving and coming back. */
  readonly lag: number;
  /** Correlation of the loudness over time in all bands, 0 to 1. */
  readonly likeness: number;
  /** Voice behind the correlation, in measurements of 16 ms. Older ones count less. */
  readonly weight: number;
};

class LagFinder {
  readonly #sent;
  readonly #heard = new Float64Array(bandCount);
  #heardSquares = 0;
  readonly #levels = new Float64Array(lagCount * bandCount);
  readonly #squares = new Float64Array(lagCount);
  readonly #products = new Float64Array(lagCount);
  #weight = 0;

  constructor(sent: SentEnvelope) {
    this.#sent = sent;
  }

  add(levels: Float32Array, hop: number): void {
    this.#weight = this.#weight * fade + 1;
    let squares = 0;
    for (let band = 0; band < bandCount; band++) {
      const level = levels[band] ?? 0;
      this.#heard[band] = (this.#heard[band] ?? 0) * fade + level;
      squares += level * level;
    }
    this.#heardSquares = this.#heardSquares * fade + squares;
    for (let lag = 0; lag < lagCount; lag++) this.#addAt(lag, levels, this.#sent.at(hop - lag));
  }

  best(): Likeness {
    let [lag, likeness] = [0, 0];
    for (let n = 0; n < lagCount; n++) {
      const now = this.likenessAt(n);
      if (now > likeness) [lag, likeness] = [n, now];
    }
    return { lag, likeness, weight: this.#weight };
  }

  reset(): void {
    this.#heard.fill(0);
    this.#levels.fill(0);
    this.#squares.fill(0);
    this.#products.fill(0);
    this.#heardSquares = 0;
    this.#weight = 0;
  }

  #addAt(lag: number, levels: Float32Array, sentAt: number) {
    const sent = this.#sent.levels;
    const from = lag * bandCount;
    let [squares, products] = [0, 0];
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(sentFloorDb, sentAt < 0 ? sentFloorDb : (sent[sentAt + band] ?? 0));
      this.#levels[from + band] = (this.#levels[from + band] ?? 0) * fade + level;
      squares += level * level;
      products += level * (levels[band] ?? 0);
    }
    this.#squares[lag] = (this.#squares[lag] ?? 0) * fade + squares;
    this.#products[lag] = (this.#products[lag] ?? 0) * fade + products;
  }

  /** Compares the changes in each band. The overall loudness of a band does not count. */
  likenessAt(lag: number): number {
    let [common, sent, heard] = [0, 0, 0];
    for (let band = 0; band < bandCount; band++) {
      const a = this.#heard[band] ?? 0;
      const b = this.#levels[lag * bandCount + band] ?? 0;
      common += a * b;
      heard += a * a;
      sent += b * b;
    }
    const together = (this.#products[lag] ?? 0) - common / this.#weight;
    const alone = this.#heardSquares - heard / this.#weight;
    const theirs = (this.#squares[lag] ?? 0) - sent / this.#weight;
    const size = alone * theirs;
    return size > 1 ? together / Math.sqrt(size) : 0;
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
const jumpMs = 60;
const driftMs = 0.01;
/** A window counts for lag and excess from the lower probability on. */
const voiced = 0.5;
const maybeVoiced = 0.3;
const silentMs = 600;
/** Voiced windows for a verdict: echo of a known path, or speech that nothing explains. */
const [echoWindows, speechWindows] = [5, 22];
const echoShare = 0.6;
/**
 * Excess over echo and noise that is a voice. At -20 dB, echo alone stays below 1 dB and words 10 dB above it exceed
 * 4 dB.
 */
const ownDb = 2;
/** A single click must not count as a voice. */
const mostExcessDb = 8;
/** A sound that is quieter than the expected echo by this much is no echo. */
const mostShortDb = 5;
const newShare = 0.2;
const remembered = 64;
const confirmed = 30;
const wrong = 25;
const [mostMissing, missingDb, audibleDb] = [120, 6, 6];
const [sameLag, clearly] = [3, 0.35];
/**
 * Correlation that proves an echo, by the weight of voice. 250 unrelated voices reached at most 0.64, 0.81 and 0.85.
 */
const proofs = [
  { weight: 24, likeness: 0.7 },
  { weight: 16, likeness: 0.84 },
  { weight: 10, likeness: 0.9 },
] as const;

/**
 * Correlation that rules an echo out. Half of the unrelated voices are below, and none of 60 echoes at -20 dB (0.77
 * or more).
 */
const disproof = { weight: 20, likeness: 0.45 };

const floorStartDb = -72;
const floorLeastDb = -80;
const floorShare = 0.15;
const floorRiseDb = 0.03;

/**
 * Tells the bot's own voice, coming back from a person's loudspeakers, from that person's speech.
 *
 * Each person has a meter. It compares levels in bands instead of waveforms, which rooms and noise suppression
 * change.
 *
 * @example
 * import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
 * import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
 *
 * const meter = new EchoMeter(new SentEnvelope());
 * const samples = new Float32Array(512).fill(0.1);
 * meter.hear({ probability: 0.9, levelDb: -20, atMs: 32, samples }).verdict; // 'speech'
 */
export class EchoMeter {
  readonly #sent;
  readonly #bands = new Bands();
  readonly #finder;
  readonly #floor = new NoiseFloor();
  readonly #recent: EchoMeasurement[] = [];
  /** Position of the stream on the clock. Packets can only be late, never early. */
  #streamMs = -Infinity;
  #path: EchoPath | undefined;
  #excessDb = 0;
  #shortDb = 0;
  #fitting = 0;
  #misfitting = 0;
  #missing = 0;
  #voiced = 0;
  #explained = 0;
  #ownFromMs: number | undefined;
  #verdict: EchoView['verdict'] = 'unknown';

  constructor(sent: SentEnvelope) {
    this.#sent = sent;
    this.#finder = new LagFinder(sent);
  }

  hear(window: VoiceWindow): EchoView {
    this.#align(window.atMs);
    const sounds = this.#streamMs - this.#sent.endMs < silentMs + (this.#path?.lagMs ?? 0);
    for (let at = 0; at < window.samples.length; at += bandSamples) {
      if (!isFilled(window.samples, at)) continue;
      this.#measure(window, at, sounds);
    }
    if (window.probability >= maybeVoiced && sounds) this.#search();
    if (window.probability >= voiced) this.#judge(window, sounds);
    return {
      share: this.#voiced > 0 ? this.#explained / this.#voiced : 0,
      lagMs: this.#path?.lagMs,
      verdict: this.#verdict,
      ownFromMs: this.#ownFromMs,
    };
  }

  over(): void {
    this.#voiced = 0;
    this.#explained = 0;
    this.#ownFromMs = undefined;
    this.#verdict = 'unknown';
  }

  #align(atMs: number) {
    const nextMs = this.#streamMs + windowMs;
    const follows = Math.abs(atMs - nextMs) < jumpMs;
    this.#streamMs = follows ? Math.min(nextMs + driftMs, atMs) : atMs;
  }

  #measure({ samples, probability }: VoiceWindow, at: number, sounds: boolean) {
    const levels = new Float32Array(bandCount);
    this.#bands.measure(samples, at, levels, 0);
    this.#floor.add(levels);
    const behindMs = windowMs - (at / bandSamples + 1) * stepMs;
    const hop = Math.round((this.#streamMs - behindMs) / hopMs);
    this.#recent.push({ levels, hop });
    if (this.#recent.length > remembered) this.#recent.shift();
    const loud = probability >= maybeVoiced;
    if (loud && sounds) this.#finder.add(this.#floor.above(levels), hop);
    if (!sounds) this.#finder.reset();
    if (this.#path) this.#follow(this.#path, { levels, hop }, loud);
  }

  #follow(path: EchoPath, { levels, hop }: EchoMeasurement, loud: boolean) {
    const { excessDb, shortDb, expectedDb } = path.compare(levels, this.#floor.levels, hop);
    this.#excessDb += newShare * ((loud ? Math.min(mostExcessDb, excessDb) : 0) - this.#excessDb);
    this.#shortDb += newShare * (shortDb - this.#shortDb);
    if (this.#fits) path.learn(levels, this.#floor.levels, hop);
    if (loud && this.#fits) this.#fitting++;
    this.#misfitting = Math.max(0, this.#misfitting + (this.#fits ? -0.25 : 1));
    if (expectedDb > audibleDb) {
      this.#missing = Math.max(0, this.#missing + (shortDb > missingDb ? 1 : -1));
    }
    const chance = this.#excessDb >= ownDb && this.#fitting < confirmed;
    if (chance || this.#missing > mostMissing) this.#lose();
  }

  get #fits(): boolean {
    return this.#excessDb < ownDb && this.#shortDb < mostShortDb;
  }

  #lose() {
    this.#path = undefined;
    this.#finder.reset();
  }

  #search() {
    const found = this.#finder.best();
    if (!proves(found) || (this.#path && !this.#changed(this.#path, found))) return;
    const path = new EchoPath(this.#sent, found.lag);
    for (const { levels, hop } of this.#recent) path.learn(levels, this.#floor.levels, hop);
    if (!this.#path) this.#explained = this.#voiced;
    this.#path = path;
    this.#excessDb = 0;
    this.#shortDb = 0;
    this.#fitting = 0;
    this.#misfitting = 0;
    this.#missing = 0;
  }

  #changed(path: EchoPath, { lag, likeness }: Likeness): boolean {
    if (Math.abs(path.lag - lag) <= sameLag) return this.#misfitting >= wrong;
    return likeness - this.#finder.likenessAt(path.lag) > clearly;
  }

  #judge({ atMs }: VoiceWindow, sounds: boolean) {
    this.#voiced++;
    const own = this.#path && this.#excessDb >= ownDb;
    if (this.#path && this.#fits && sounds) this.#explained++;
    if (own) this.#ownFromMs ??= atMs - windowMs;
    if (!sounds || this.#ownFromMs !== undefined) this.#verdict = 'speech';
    else if (this.#path) this.#verdict = this.#ofKnown();
    else this.#verdict = this.#isUnlike() ? 'speech' : 'unknown';
  }

  #isUnlike() {
    if (this.#voiced >= speechWindows) return true;
    const { likeness, weight } = this.#finder.best();
    return weight >= disproof.weight && likeness < disproof.likeness;
  }

  #ofKnown(): EchoView['verdict'] {
    if (this.#voiced < echoWindows) return 'unknown';
    return this.#explained / this.#voiced >= echoShare ? 'echo' : 'speech';
  }
}

function proves({ likeness, weight }: Likeness): boolean {
  return proofs.some((proof) => weight >= proof.weight && likeness >= proof.likeness);
}

function isFilled(samples: Float32Array, at: number) {
  // A gap is filled with zeros, unlike the silence of a room.
  let zeros = 0;
  for (let n = at; n < at + bandSamples; n++) if (samples[n] === 0) zeros++;
  return zeros < bandSamples / 2;
}

class NoiseFloor {
  readonly levels = new Float32Array(bandCount).fill(floorStartDb);
  readonly #mean = new Float32Array(bandCount).fill(floorStartDb);
  readonly #above = new Float32Array(bandCount);

  add(levels: Float32Array): void {
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(floorLeastDb, levels[band] ?? floorLeastDb);
      const mean = (this.#mean[band] ?? 0) + floorShare * (level - (this.#mean[band] ?? 0));
      this.#mean[band] = mean;
      this.levels[band] = Math.min(mean, (this.levels[band] ?? 0) + floorRiseDb);
    }
  }

  /** Raises levels to the noise, which hides anything quieter. The result is valid until the next call. */
  above(levels: Float32Array): Float32Array {
    for (let band = 0; band < bandCount; band++) {
      this.#above[band] = Math.max(levels[band] ?? floorLeastDb, this.levels[band] ?? floorLeastDb);
    }
    return this.#above;
  }
}
