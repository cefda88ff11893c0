import { speakRateHz } from '#src/audio/pcm.ts';

/** Pieces of the sound that overlap by half: long enough for the lowest voice, short enough for a syllable. */
const pieceSamples = speakRateHz / 25;
const hop = pieceSamples / 2;
/** How far a piece may be moved to fit the one before: half a period of 50 Hz. */
const search = speakRateHz / 100;
/** Of the candidates every eighth is tried first, by every eighth sample; then those around the best, by every other. */
const coarse = 8;
const fine = 2;
/** What comes out at once, 200 ms. */
const portion = 10 * hop;
/** A piece may reach so far beyond either end of the sound. */
const margin = 4 * pieceSamples;

const window = Float32Array.from(
  { length: pieceSamples },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / pieceSamples),
);

/**
 * Slower (`speed` below 1) or faster speech at the same pitch, in portions of up to 200 ms; lazy, 24 kHz mono.
 *
 * WSOLA: overlapping pieces of the sound are laid at a new distance, each moved to where it continues the one before
 * (Verhelst and Roelands, ICASSP 1993). `n` samples give round(n / speed). `speed` lies between 0.5 and 2.
 */
export function* stretched(samples: Int16Array, speed: number): Generator<Int16Array> {
  if (speed === 1) {
    yield samples;
    return;
  }
  const pace = Math.min(2, Math.max(0.5, speed));
  const length = Math.round(samples.length / pace);
  const sound = framed(samples);
  const mix = new Float32Array(pieceSamples);
  let piece = 0;
  add(sound, -hop, mix);
  shift(mix);
  for (let at = 0; at < length; ) {
    const out = new Int16Array(Math.min(portion, length - at));
    for (let done = 0; done < out.length; done += hop) {
      add(sound, piece, mix);
      write(mix, out, done);
      shift(mix);
      piece = bestFit(sound, piece + hop, Math.round((at + done + hop) * pace));
    }
    at += out.length;
    yield out;
  }
}

/** With silence around it, so that no piece reaches beyond. */
function framed(samples: Int16Array): Int16Array {
  const sound = new Int16Array(samples.length + 2 * margin);
  sound.set(samples, margin);
  return sound;
}

function add(sound: Int16Array, from: number, mix: Float32Array): void {
  for (let n = 0; n < pieceSamples; n++) {
    mix[n] = (mix[n] ?? 0) + (sound[margin + from + n] ?? 0) * (window[n] ?? 0);
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

/** Near `aim`, the place that sounds most like `natural`, what would come next. */
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
    const fit = likeness(sound, margin + natural, margin + at, skip);
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
