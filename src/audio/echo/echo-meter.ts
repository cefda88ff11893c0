import type { VoiceWindow } from '#src/audio/voice/voice-meter.ts';
import { EchoPath } from './echo-path.ts';
import { Bands, bandCount, bandSamples, hopMs, type SentEnvelope } from './echo-sent.ts';

/** Number of lags compared: 0 to 520 ms. */
const lagCount = 66;
/** Time constant of forgetting, in ms of voice: heard levels count by 1/e after it. */
const fadeMs = 800;
/** Interval between two measurements of the microphone, in ms. */
const stepMs = (1000 * bandSamples) / 16_000;
const fade = Math.exp(-stepMs / fadeMs);
/** Lowest sent level, in dB: the echo of quieter sound is below a room's noise. */
const sentFloorDb = -55;

type Likeness = {
  /** Hops of 8 ms from leaving to coming back. */
  readonly lag: number;
  /** 0..1: correlation of the loudness over time, all bands together. */
  readonly likeness: number;
  /** The voice behind it, in measurements of 16 ms; the older ones count less. */
  readonly weight: number;
};

/** Finds the lag at which a person's microphone sounds most like the sent sound. */
class LagFinder {
  readonly #sent;
  readonly #heard = new Float64Array(bandCount);
  #heardSquares = 0;
  /** Per lag and band. */
  readonly #levels = new Float64Array(lagCount * bandCount);
  /** Per lag, all bands together. */
  readonly #squares = new Float64Array(lagCount);
  readonly #products = new Float64Array(lagCount);
  #weight = 0;

  constructor(sent: SentEnvelope) {
    this.#sent = sent;
  }

  /** `levels` of the microphone in the 16 ms that ended at hop `hop`. */
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

  /** Likeness of the changes in each band; the overall loudness of a band does not count. */
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

/** Echo verdict on an utterance so far. */
export type EchoView = {
  /** Share, 0..1, of its voiced windows that the sent sound explains. */
  readonly share: number;
  /** Delay of the echo in ms, the network both ways included; undefined while no echo is known. */
  readonly lagMs: number | undefined;
  /** `speech` also where the person speaks over the echo, until the utterance is over. */
  readonly verdict: 'echo' | 'speech' | 'unknown';
  /** Instant from which it holds more than echo; undefined while it does not. */
  readonly ownFromMs: number | undefined;
};

/** One measurement of the microphone: 16 ms that ended at hop `hop`. */
type EchoMeasurement = { readonly levels: Float32Array; readonly hop: number };

const windowMs = 32;
/** Largest difference in ms at which a stream counts as continuous. */
const jumpMs = 60;
/** Clocks of sound cards differ; of a window, that the arrival may be late again. */
const driftMs = 0.01;
/** Windows from this probability on are voiced; from the lower one on they count for lag and excess. */
const voiced = 0.5;
const maybeVoiced = 0.3;
/** Time after the bot's last sound, in ms, from which nothing is its echo. */
const silentMs = 600;
/** Voiced windows that make a verdict: echo of a known path, and speech that nothing explains. */
const [echoWindows, speechWindows] = [5, 22];
const echoShare = 0.6;
/**
 * Excess over echo and noise, in dB, that is a voice. At -20 dB: echo alone up to 1 dB, words 10 dB above it
 * from 4 dB.
 */
const ownDb = 2;
/** One click is no voice. */
const mostExcessDb = 8;
/** Difference in dB from which a sound is too quiet to be the echo. */
const mostShortDb = 5;
/** Weight of the newest measurement in the mean. */
const newShare = 0.2;
/** Measurements that are remembered, to learn an echo path from: 1 s. */
const remembered = 64;
/** Measurements without a foreign voice that confirm an echo path ... */
const confirmed = 30;
/** ... so many that do not fit start a search for a new path of the same lag, as after a change of volume ... */
const wrong = 25;
/** ... and so many without an echo where it should be audible end it. */
const [mostMissing, missingDb, audibleDb] = [120, 6, 6];
/** Hops by which a lag may be found wrong, and likeness by which another one must be better. */
const [sameLag, clearly] = [3, 0.35];
/** Likeness that proves an echo, by the voice it was found in: of 250 unrelated voices at most 0.64, 0.81 and 0.85. */
const proofs = [
  { weight: 24, likeness: 0.7 },
  { weight: 16, likeness: 0.84 },
  { weight: 10, likeness: 0.9 },
] as const;

/** Likeness that rules one out: of the same voices half are below, of 60 echoes at -20 dB none is below 0.77. */
const disproof = { weight: 20, likeness: 0.45 };

/** Level before the first measurement; quiet rooms are about so loud in each band. */
const floorStartDb = -72;
/** Lowest level: rooms without a sound, and the rest after noise suppression. */
const floorLeastDb = -80;
/** Weight of one measurement in the mean: single ones vary a lot. */
const floorShare = 0.15;
/** Decibels per measurement of 16 ms that noise grows at most: 2 dB a second. */
const floorRiseDb = 0.03;

/**
 * Distinguishes the bot's own voice, coming back from a person's loudspeakers, from that person's speech. One per person.
 *
 * Compares loudness in bands, not waveforms: rooms and noise suppression change the latter. Has no clock.
 */
export class EchoMeter {
  readonly #sent;
  readonly #bands = new Bands();
  readonly #finder;
  readonly #floor = new NoiseFloor();
  readonly #recent: EchoMeasurement[] = [];
  /** Position of the stream in the time of the clock; arrivals can only be late. */
  #streamMs = -Infinity;
  #path: EchoPath | undefined;
  #excessDb = 0;
  #shortDb = 0;
  /** Measurements that fit the path, those that do not, and those without the expected echo. */
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

  /** Takes the windows of one person in order, voiced or not. */
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

  /** The utterance has ended, or was none; the known echo path stays. */
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

  /** Checks whether the echo path is still valid. */
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

  /** Another volume, or another way. */
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

/** A gap is filled with zeros, which are no silence of the room. */
function isFilled(samples: Float32Array, at: number) {
  let zeros = 0;
  for (let n = at; n < at + bandSamples; n++) if (samples[n] === 0) zeros++;
  return zeros < bandSamples / 2;
}

/** Noise floor of one microphone's room in each band. */
class NoiseFloor {
  readonly levels = new Float32Array(bandCount).fill(floorStartDb);
  readonly #mean = new Float32Array(bandCount).fill(floorStartDb);
  readonly #above = new Float32Array(bandCount);

  /** A measurement of 16 ms, voice or not. */
  add(levels: Float32Array): void {
    for (let band = 0; band < bandCount; band++) {
      const level = Math.max(floorLeastDb, levels[band] ?? floorLeastDb);
      const mean = (this.#mean[band] ?? 0) + floorShare * (level - (this.#mean[band] ?? 0));
      this.#mean[band] = mean;
      this.levels[band] = Math.min(mean, (this.levels[band] ?? 0) + floorRiseDb);
    }
  }

  /** Levels raised to the noise, which hides anything quieter. Valid until the next call. */
  above(levels: Float32Array): Float32Array {
    for (let band = 0; band < bandCount; band++) {
      this.#above[band] = Math.max(levels[band] ?? floorLeastDb, this.levels[band] ?? floorLeastDb);
    }
    return this.#above;
  }
}
