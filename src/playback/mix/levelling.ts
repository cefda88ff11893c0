import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import { full, Gain, gainOf } from './gain.ts';
import { musicFrame } from './stereo.ts';

/**
 * Loudness to which sounds are levelled, in LUFS: 6 LU above the standard of broadcasters, about that of synthesizers,
 * and far enough below full scale for peaks of music.
 */
export const targetLufs = -20;

/** Known loudness of a whole sound, or `live`: measured while it is read. */
export type Loudness = number | 'live';

/** Limits of the gain, in dB, up and down: very quiet sound is quiet on purpose, and no sound needs less gain. */
const mostUpDb = 12;
const mostDownDb = 24;
/** Change of gain per frame, in dB, that no ear notices: 3 dB a second. */
const stepDb = 3 / 50;
/** Frames quieter than this are a pause. */
const pauseDb = -60;
/** A block of 100 ms counts half after 7 s. */
const forget = 0.99;

/**
 * Effects are to be alike, and stations as well, so what was measured and what is live is levelled.
 *
 * A link or attachment that ends stays as loud as it is: to measure it before its first sound, all of it would have to be
 * fetched, and whoever turns music up and down while it plays takes its dynamics away.
 */
export function loudnessOf({ lengthMs, lufs, seekable }: SoundSource): Loudness | undefined {
  if (lufs !== undefined) return lufs;
  return lengthMs === undefined && !seekable ? 'live' : undefined;
}

/** The volume that brings one sound to the loudness all are to have. */
export class Levelling {
  readonly #meter: LoudnessMeter | undefined;
  readonly #glide: Gain;
  #db: number | undefined;

  constructor(loudness: Loudness) {
    if (loudness === 'live') this.#meter = new LoudnessMeter(forget);
    else this.#db = gainDbOf(loudness);
    this.#glide = new Gain(gainOf(this.#db ?? 0));
  }

  /** Sound that was read and will be taken later. */
  measure(samples: Int16Array): void {
    this.#meter?.push(samples);
  }

  /** Levels the taken sound in place. */
  apply(sound: Float32Array): void {
    if (this.#meter) this.#follow(this.#meter, sound);
    this.#glide.applyToStereo(sound);
  }

  /** Levels sound that is only looked at ahead, not taken: the gain stays as it is. */
  preview(sound: Float32Array): void {
    new Gain(gainOf(this.#db ?? 0)).applyToStereo(sound);
  }

  /** Sets the gain at once first, since the beginning was read before it sounds; then slowly, and not at all in a pause. */
  #follow({ lufs }: LoudnessMeter, sound: Float32Array): void {
    if (lufs === undefined || isPause(sound)) return;
    const goal = gainDbOf(lufs);
    if (this.#db === undefined) {
      this.#db = goal;
      this.#glide.to(gainOf(goal), 0);
      return;
    }
    const before = this.#db;
    this.#db += Math.max(-stepDb, Math.min(stepDb, goal - before));
    if (this.#db !== before) this.#glide.to(gainOf(this.#db), musicFrame);
  }
}

function gainDbOf(lufs: number): number {
  return Math.max(-mostDownDb, Math.min(mostUpDb, targetLufs - lufs));
}

function isPause(sound: Float32Array): boolean {
  let sum = 0;
  for (let n = 0; n < sound.length; n++) sum += (sound[n] ?? 0) ** 2;
  return Math.sqrt(sum / sound.length) < full * gainOf(pauseDb);
}
