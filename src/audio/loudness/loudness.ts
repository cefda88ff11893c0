import {
  type LevelledSound,
  musicFrame,
  musicPerMs,
  musicRateHz,
  type Pcm,
  toMono,
  type VoiceLoudness,
} from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';

/** Coefficients at 48 kHz, tables 1 and 2 of ITU-R BS.1770-5: https://www.itu.int/rec/R-REC-BS.1770 */
const headFilter = {
  b: [1.53512485958697, -2.69169618940638, 1.19839281085285],
  a: [-1.69065929318241, 0.73248077421585],
} as const;
const lowCutFilter = {
  b: [1, -2, 1],
  a: [-1.99004745483398, 0.99007225036621],
} as const;

/** Blocks of 400 ms begin every 100 ms. Blocks below the gate count as a pause. */
const stepSamples = 4800;
const stepsPerBlock = 4;
const gateLufs = -70;
const belowMeanLu = 10;
/** Tenths of a dB. Blocks are only counted, so that sound of any length fits. */
const histogramBins = 800;

/**
 * Measures perceived loudness in LUFS of sound at 48 kHz stereo: https://www.itu.int/rec/R-REC-BS.1770
 *
 * @example
 * import { LoudnessMeter } from '#src/audio/loudness/loudness.ts';
 *
 * const meter = new LoudnessMeter();
 * const tone = (n: number) => 3_277 * Math.sin((2 * Math.PI * 997 * (n >> 1)) / 48_000);
 * meter.addSamples(Int16Array.from({ length: 2 * 48_000 }, (_, n) => tone(n))); // 1 s at -20 dB
 * Math.round(meter.lufs ?? 0); // -20
 */
export class LoudnessMeter {
  readonly #left = new KWeighting();
  readonly #right = new KWeighting();
  readonly #recentEnergies: number[] = [];
  #stepEnergy = 0;
  #filled = 0;
  readonly #counts = new Float64Array(histogramBins);
  readonly #energies = new Float64Array(histogramBins);

  /** Adds stereo samples, left and right in turn. */
  addSamples(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n += 2) {
      this.#stepEnergy +=
        this.#left.measureEnergy(samples[n] ?? 0) +
        this.#right.measureEnergy(samples[n + 1] ?? 0);
      this.#filled++;
      if (this.#filled === stepSamples) this.#endStep();
    }
  }

  /** Gets the loudness in LUFS. Undefined for silence only, or for less than 400 ms. */
  get lufs(): number | undefined {
    const ungatedLufs = this.#getMeanLufs(gateLufs);
    return ungatedLufs === undefined
      ? undefined
      : this.#getMeanLufs(ungatedLufs - belowMeanLu);
  }

  #endStep() {
    const energies = this.#recentEnergies;
    energies.push(this.#stepEnergy / stepSamples);
    this.#stepEnergy = 0;
    this.#filled = 0;
    if (energies.length > stepsPerBlock) energies.shift();
    if (energies.length < stepsPerBlock) return;
    const blockEnergy =
      energies.reduce((sum, energy) => sum + energy, 0) / stepsPerBlock;
    const lufs = toLufs(blockEnergy);
    if (lufs <= gateLufs) return;
    const at = toHistogramBin(lufs);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#energies[at] = (this.#energies[at] ?? 0) + blockEnergy;
  }

  #getMeanLufs(minLufs: number) {
    let [count, energy] = [0, 0];
    for (let n = toHistogramBin(minLufs); n < histogramBins; n++) {
      count += this.#counts[n] ?? 0;
      energy += this.#energies[n] ?? 0;
    }
    return count > 0 ? toLufs(energy / count) : undefined;
  }
}

function toLufs(energy: number) {
  return -0.691 + 10 * Math.log10(energy);
}

function toHistogramBin(lufs: number) {
  return Math.max(0, Math.min(histogramBins - 1, Math.floor((lufs - gateLufs) * 10)));
}

/** Filters one channel as the head and the ear do. */
class KWeighting {
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;
  #z1 = 0;
  #z2 = 0;

  /** Returns the energy of the next sample after the filters. */
  measureEnergy(sample: number): number {
    const x = sample / 32_768;
    const y =
      headFilter.b[0] * x +
      headFilter.b[1] * this.#x1 +
      headFilter.b[2] * this.#x2 -
      headFilter.a[0] * this.#y1 -
      headFilter.a[1] * this.#y2;
    const z =
      y +
      lowCutFilter.b[1] * this.#y1 +
      this.#y2 -
      lowCutFilter.a[0] * this.#z1 -
      lowCutFilter.a[1] * this.#z2;
    this.#x2 = this.#x1;
    this.#x1 = x;
    this.#y2 = this.#y1;
    this.#y1 = y;
    this.#z2 = this.#z1;
    this.#z1 = z;
    return z * z;
  }
}

/** Highest 16-bit sample. */
export const fullScale = 32_767;
/** Softer sound passes unchanged: -0.9 dB. */
const kneeLevel = 0.9;

/** Bends a level above `from` smoothly towards 1, which is full scale. */
export function softLimit(level: number, from: number = kneeLevel): number {
  const loud = Math.abs(level) - from;
  if (loud <= 0) return level;
  return Math.sign(level) * (from + (1 - from) * Math.tanh(loud / (1 - from)));
}

/** Converts dB to a factor. */
export function toGain(db: number): number {
  return 10 ** (db / 20);
}

/** Gain that glides to a new value, since a step would click. */
export class Gain {
  #from: number;
  #goal: number;
  /** Length of the glide, and the part that has passed, in samples of one channel. */
  #over = 0;
  #done = 0;

  constructor(gain: number = 1) {
    this.#from = gain;
    this.#goal = gain;
  }

  /** The gain as a factor. Undefined during a glide. */
  get steadyGain(): number | undefined {
    return this.#done >= this.#over ? this.#goal : undefined;
  }

  /** The gain now as a factor, also during a glide. */
  get value(): number {
    if (this.#done >= this.#over) return this.#goal;
    const share = this.#done / this.#over;
    // By smoothstep the glide has no corner.
    return this.#from + (this.#goal - this.#from) * share * share * (3 - 2 * share);
  }

  /** Glides to `gain` within `overSamples` of one channel. 0 sets it at once. */
  rampTo(gain: number, overSamples: number): void {
    this.#from = overSamples > 0 ? this.value : gain;
    this.#goal = gain;
    this.#over = overSamples;
    this.#done = 0;
  }

  /** Glides to a volume in percent, unless the gain is already on its way there. */
  followPercent(percent: number, overSamples: number): void {
    if (percent / 100 !== this.#goal) this.rampTo(percent / 100, overSamples);
  }

  /** Applies the gain in place. Without sound, the glide advances by 20 ms. */
  applyToStereo(sound: Float32Array | undefined): void {
    const { steadyGain } = this;
    if (!sound) this.#done = Math.min(this.#over, this.#done + musicFrame);
    if (!sound || steadyGain === 1) return;
    for (let n = 0; n < sound.length; n += 2) {
      const gain = steadyGain ?? this.#getNextGain();
      sound[n] = (sound[n] ?? 0) * gain;
      sound[n + 1] = (sound[n + 1] ?? 0) * gain;
    }
  }

  /** Applies the gain in place. Peaks above full scale are bent, never wrapped. */
  applyToMono(samples: Int16Array): void {
    const { steadyGain } = this;
    if (steadyGain === 1) return;
    for (let n = 0; n < samples.length; n++) {
      const gain = steadyGain ?? this.#getNextGain();
      const loud = (samples[n] ?? 0) * gain;
      samples[n] = Math.round(
        gain > 1 ? softLimit(loud / fullScale) * fullScale : loud,
      );
    }
  }

  #getNextGain() {
    const gain = this.value;
    if (this.#done < this.#over) this.#done++;
    return gain;
  }
}

/** Loudness of sounds on tracks after levelling. It leaves room for peaks of music. */
export const trackLufs = -20;
/** Loudness of the bot's voice, whoever makes it. */
export const voiceLufs = -16;

/** Very quiet sound is quiet on purpose, so the gain has limits. */
const maxRaiseDb = 12;
const maxLowerDb = 24;
/** A smaller difference of loudness is not heard. */
const minChangeDb = 0.5;

/** Gets the factor that brings a sound of this loudness to another one. It is 1 for a difference that is not heard. */
export function getLevellingGain(lufs: number | undefined, wantedLufs: number): number {
  // A sound that nobody measured stays as it is.
  const db = lufs === undefined ? 0 : wantedLufs - lufs;
  if (Math.abs(db) < minChangeDb) return 1;
  return toGain(Math.max(-maxLowerDb, Math.min(maxRaiseDb, db)));
}

/**
 * Measures one sound as it is read, and keeps the gain that brings it to the wanted loudness.
 *
 * @example
 * import { RunningLevel, trackLufs } from '#src/audio/loudness/loudness.ts';
 *
 * const level = new RunningLevel(trackLufs);
 * const tone = (n: number) => 32_767 * Math.sin((2 * Math.PI * 997 * (n >> 1)) / 48_000);
 * level.addSamples(Int16Array.from({ length: 2 * 48_000 }, (_, n) => tone(n)), 0); // 1 s at 0 dB
 * level.gain.value.toFixed(1); // '0.1'
 */
export class RunningLevel {
  /** The gain, for samples that `addSamples` was given before. */
  readonly gain: Gain = new Gain(1);
  readonly #meter = new LoudnessMeter();
  readonly #wantedLufs;
  #goal = 1;

  constructor(wantedLufs: number) {
    this.#wantedLufs = wantedLufs;
  }

  /** Loudness of the sound so far. Undefined for silence only, or for less than 400 ms. */
  get lufs(): number | undefined {
    return this.#meter.lufs;
  }

  /** Adds stereo samples at 48 kHz before they sound. The gain glides over `glideSamples`, 0 for a sound not yet heard. */
  addSamples(samples: Int16Array, glideSamples: number): void {
    this.#meter.addSamples(samples);
    const goal = getLevellingGain(this.#meter.lufs, this.#wantedLufs);
    if (Math.abs(20 * Math.log10(goal / this.#goal)) < minChangeDb) return;
    this.#goal = goal;
    this.gain.rampTo(goal, glideSamples);
  }
}

/** Samples of one channel in the shortest ramp that does not click. */
export const rampSamples: number = 5 * musicPerMs;

/**
 * Removes clicks where stereo sound begins, ends or is cut: adds the difference to the sample before, fading in 5
 * ms.
 */
export class Declicker {
  readonly #lastSample = new Float32Array(2);
  /** Difference of each side at the latest jump. */
  readonly #difference = new Float32Array(2);
  #since = rampSamples;
  #isCut = true;

  /** True if the last frame ended in digital silence. */
  get isSilent(): boolean {
    return this.#lastSample[0] === 0 && this.#lastSample[1] === 0;
  }

  /** Announces that the next frame is another sound, or another place. */
  markCut(): void {
    this.#isCut = true;
  }

  /**
   * Smooths a frame in place. Its sound ends at sample `end` of one channel. Returns false if
   * nothing is audible.
   */
  smoothFrame(raw: Float32Array, end: number): boolean {
    const wasCut = this.#isCut;
    this.#isCut = end < musicFrame;
    if (end === 0 && this.isSilent) return false;
    raw.fill(0, 2 * end);
    this.#startFall(raw, 0);
    if (wasCut) this.#startJump(raw, 0);
    if (this.#isCut) this.#startJump(raw, end);
    this.#lastSample[0] = raw[raw.length - 2] ?? 0;
    this.#lastSample[1] = raw[raw.length - 1] ?? 0;
    return true;
  }

  #startJump(raw: Float32Array, at: number) {
    for (let side = 0; side < 2; side++) {
      const previous = at === 0 ? this.#lastSample[side] : raw[2 * at - 2 + side];
      this.#difference[side] = (previous ?? 0) - (raw[2 * at + side] ?? 0);
    }
    this.#since = 0;
    this.#startFall(raw, at);
  }

  #startFall(raw: Float32Array, from: number) {
    for (
      let n = 2 * from;
      n < raw.length && this.#since < rampSamples;
      n += 2, this.#since++
    ) {
      const share = 1 - (this.#since + 0.5) / rampSamples;
      raw[n] = (raw[n] ?? 0) + (this.#difference[0] ?? 0) * share;
      raw[n + 1] = (raw[n + 1] ?? 0) + (this.#difference[1] ?? 0) * share;
    }
  }
}

/** Share of each further text in the loudness of its voice: a whisper or a shout is no other voice. */
const newTextShare = 0.25;
/** A voice of which so much was measured is known: to measure costs more than all else that is done to its samples. */
const enoughSeconds = 20;
/** A faster change within a word is heard. */
const glideSeconds = 0.5;
const maxVoices = 200;

/**
 * Knows how loud the voices of a server are. A channel levels sound that carries the loudness of its voice; programs get it as the
 * server made it. Sound passes at once: the first text of a voice is measured as it passes, and the texts after it keep one gain
 * from their first sample on.
 *
 * @example
 * import { levelSpeech, VoiceLevels } from '#src/audio/loudness/loudness.ts';
 *
 * const loudness = new VoiceLevels().getLoudness('alloy');
 * const samples = new Int16Array(24_000).map((_, n) => (n % 60 < 30 ? 30_000 : -30_000));
 * async function* speak() {
 *   yield { samples, rateHz: 24_000, channels: 1, loudness } as const;
 * }
 * const [levelled] = await Array.fromAsync(levelSpeech(speak()));
 * (levelled?.samples[0] ?? 0) < 10_000; // true
 */
export class VoiceLevels {
  readonly #voices = new Map<string, KnownLoudness>();

  /** Gets the loudness of a voice, by any name that tells the voice from others. */
  getLoudness(voice: string): VoiceLoudness {
    const loudness = this.#voices.get(voice) ?? new KnownLoudness();
    this.#voices.delete(voice);
    this.#voices.set(voice, loudness);
    const [oldest] = this.#voices.keys();
    if (this.#voices.size > maxVoices && oldest !== undefined)
      this.#voices.delete(oldest);
    return loudness;
  }
}

/** Levels the pieces of one text that carry the loudness of a voice. */
export async function* levelSpeech(sound: AsyncIterable<Pcm>): AsyncGenerator<Pcm> {
  const text = new SpokenText();
  for await (const pcm of sound) yield text.levelSound(pcm);
}

/** Levels a whole text of a voice. Returns a mono copy. */
export function levelWholeVoice(pcm: Pcm): Pcm {
  return new KnownLoudness().openText().levelSound(pcm);
}

/** One text, whose sound may be of a voice that is to be levelled, or not. */
export class SpokenText implements LevelledSound {
  #loudness: VoiceLoudness | undefined;
  #levelled: LevelledSound | undefined;

  /** Levels sound that carries a loudness, and returns all other sound as it is. */
  levelSound(pcm: Pcm): Pcm {
    const { loudness } = pcm;
    if (loudness !== this.#loudness) {
      this.#loudness = loudness;
      this.#levelled = loudness?.openText();
    }
    return this.#levelled?.levelSound(pcm) ?? pcm;
  }
}

class KnownLoudness implements VoiceLoudness {
  #lufs: number | undefined;
  #measuredSeconds = 0;

  /** Begins a text at the gain that is known. It is measured until enough of the voice was. */
  openText(): LevelledSound {
    const lufs = this.#lufs;
    const gain =
      lufs === undefined ? undefined : new Gain(getLevellingGain(lufs, voiceLufs));
    if (gain && this.#measuredSeconds >= enoughSeconds)
      return { levelSound: (pcm) => applyGain(gain, pcm) };
    return new MeasuredText(gain, (textLufs, seconds) => {
      this.#measuredSeconds += seconds;
      if (textLufs === undefined) return;
      this.#lufs =
        lufs === undefined ? textLufs : lufs + newTextShare * (textLufs - lufs);
    });
  }
}

class MeasuredText implements LevelledSound {
  readonly #knownGain: Gain | undefined;
  readonly #running = new RunningLevel(voiceLufs);
  readonly #rate = new RateConverter(musicRateHz, 2);
  readonly #keepLoudness: (textLufs: number | undefined, seconds: number) => void;
  #hasSounded = false;

  /** `keepLoudness` gets the loudness of the text so far, and the length of each piece in seconds. */
  constructor(
    knownGain: Gain | undefined,
    keepLoudness: (textLufs: number | undefined, seconds: number) => void,
  ) {
    this.#knownGain = knownGain;
    this.#keepLoudness = keepLoudness;
  }

  /** Levels the next sound of the text. Returns a mono copy of the same length. */
  levelSound(pcm: Pcm): Pcm {
    const glideSamples = this.#hasSounded ? glideSeconds * pcm.rateHz : 0;
    for (const piece of this.#rate.push(pcm))
      this.#running.addSamples(piece, glideSamples);
    this.#hasSounded ||= pcm.samples.length > 0;
    const seconds = pcm.samples.length / pcm.channels / pcm.rateHz;
    this.#keepLoudness(this.#running.lufs, seconds);
    return applyGain(this.#knownGain ?? this.#running.gain, pcm);
  }
}

function applyGain(gain: Gain, pcm: Pcm): Pcm {
  const samples = toMono(pcm).samples.slice();
  gain.applyToMono(samples);
  return { samples, rateHz: pcm.rateHz, channels: 1 };
}
