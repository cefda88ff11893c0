import { Gain, toGain } from './gain.ts';
import { LoudnessMeter } from './loudness-meter.ts';

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
 * import { RunningLevel, trackLufs } from '#src/audio/loudness/levelling.ts';
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
