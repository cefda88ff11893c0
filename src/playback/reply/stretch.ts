import { speakRateHz } from '#src/audio/pcm.ts';

/** Pieces of the sound that overlap by half: long enough for the lowest voice, short enough for a syllable. */
const pieceSamples = speakRateHz / 25;
const hop = pieceSamples / 2;
/** Longest shift that fits a piece to the one before: half a period of 50 Hz. */
const search = speakRateHz / 100;
/** Step of the first search: every eighth candidate by every eighth sample; then those around the best, by every other. */
const coarse = 8;
const fine = 2;
const window = Float32Array.from(
  { length: pieceSamples },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / pieceSamples),
);

/**
 * Changes the speed of a sound that comes in pieces, at the same pitch; 24 kHz mono.
 *
 * WSOLA: overlapping pieces of the sound are laid at a new distance, each moved to where it continues the one before
 * (Verhelst and Roelands, ICASSP 1993). The output of `n` samples, with `flush`, has round(n / speed). `speed` lies
 * between 0.5 and 2.
 */
export class TimeStretch {
  readonly #pace: number;
  #sound = new Int16Array();
  /** Samples of the sound before `#sound`, which are not needed any more. */
  #dropped = 0;
  readonly #mix = new Float32Array(pieceSamples);
  #piece = 0;
  #given = 0;

  constructor(speed: number) {
    this.#pace = Math.min(2, Math.max(0.5, speed));
  }

  /** Gives the sound that is final so far: all but the last 60 ms or so. */
  push(samples: Int16Array): Int16Array {
    const sound = new Int16Array(this.#sound.length + samples.length);
    sound.set(this.#sound);
    sound.set(samples, this.#sound.length);
    this.#sound = sound;
    const here = this.#dropped + sound.length;
    let hops = 0;
    while (this.#reach(this.#given + (hops + 1) * hop) <= here) hops++;
    return this.#give(hops * hop);
  }

  /** Gives the rest of the sound; later pushes begin another. */
  flush(): Int16Array {
    const length = Math.round((this.#dropped + this.#sound.length) / this.#pace);
    const out = this.#give(length - this.#given);
    this.#sound = new Int16Array();
    this.#mix.fill(0);
    this.#dropped = this.#piece = this.#given = 0;
    return out;
  }

  /** Samples of the sound that are read until `to` samples have been given. */
  #reach(to: number): number {
    return Math.round(to * this.#pace) + search + coarse + hop + pieceSamples;
  }

  #give(count: number): Int16Array {
    const out = new Int16Array(Math.max(0, count));
    if (out.length === 0) return out;
    if (this.#given === 0) this.#begin();
    for (let done = 0; done < out.length; done += hop) {
      add(this.#sound, this.#piece - this.#dropped, this.#mix);
      write(this.#mix, out, done);
      shift(this.#mix);
      const aim = Math.round((this.#given + done + hop) * this.#pace);
      const [natural, wanted] = [this.#piece + hop - this.#dropped, aim - this.#dropped];
      this.#piece = bestFit(this.#sound, natural, wanted) + this.#dropped;
    }
    this.#given += out.length;
    this.#forget();
    return out;
  }

  #begin(): void {
    add(this.#sound, -hop, this.#mix);
    shift(this.#mix);
  }

  #forget(): void {
    const aim = Math.round(this.#given * this.#pace);
    const needless = Math.min(this.#piece, aim - search - coarse) - this.#dropped;
    if (needless <= 0) return;
    this.#sound = this.#sound.slice(needless);
    this.#dropped += needless;
  }
}

function add(sound: Int16Array, from: number, mix: Float32Array): void {
  for (let n = 0; n < pieceSamples; n++) {
    mix[n] = (mix[n] ?? 0) + (sound[from + n] ?? 0) * (window[n] ?? 0);
  }
}

/** The first half is complete. */
function write(mix: Float32Array, out: Int16Array, at: number): void {
  const count = Math.min(hop, out.length - at);
  for (let n = 0; n < count; n++) {
    out[at + n] = Math.max(-32_768, Math.min(32_767, Math.round(mix[n] ?? 0)));
  }
}

function shift(mix: Float32Array): void {
  mix.copyWithin(0, hop);
  mix.fill(0, hop);
}

/** Place near `aim` that sounds most like `natural`, the natural continuation. */
function bestFit(sound: Int16Array, natural: number, aim: number): number {
  const rough = likest(sound, natural, { around: aim, reach: search, step: coarse, skip: coarse });
  return likest(sound, natural, { around: rough, reach: coarse - 1, step: 1, skip: fine });
}

/** Every `step` a candidate, judged by one sample in `skip`. */
type Search = {
  readonly around: number;
  readonly reach: number;
  readonly step: number;
  readonly skip: number;
};

function likest(sound: Int16Array, natural: number, { around, reach, step, skip }: Search): number {
  let [place, most] = [around, Number.NEGATIVE_INFINITY];
  for (let at = around - reach; at <= around + reach; at += step) {
    const fit = likeness(sound, natural, at, skip);
    if (fit > most) [place, most] = [at, fit];
  }
  return place;
}

/** Cross-correlation against the energy of the candidate, so that loud is not mistaken for alike. */
function likeness(sound: Int16Array, a: number, b: number, skip: number): number {
  let product = 0;
  let energy = 1;
  for (let n = 0; n < pieceSamples; n += skip) {
    const other = sound[b + n] ?? 0;
    product += (sound[a + n] ?? 0) * other;
    energy += other * other;
  }
  return product / Math.sqrt(energy);
}
