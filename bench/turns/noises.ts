import { seededRandom } from '#sandbox/seeded-random.ts';
import { roomRateHz } from './microphone.ts';

/** Sounds of a person who does not speak, at levels a headset on a desk hears them. */
export const noises = { keyboard, breath } as const;
export type NoiseName = keyof typeof noises;

type NoiseRandom = () => number;
/** Adds one sound to `out`, which starts at `at` samples; what goes beyond the end is lost. */
type Put = (out: Float32Array, at: number) => void;

const rate = roomRateHz;
const amplitude = (db: number) => 10 ** (db / 20);
const white = (random: NoiseRandom) => 2 * random() - 1;

/** Full scale is 1. */
export function makeNoise(kind: NoiseName, seconds: number, seed: number): Int16Array {
  const out = new Float32Array(seconds * rate);
  noises[kind](out, seededRandom(seed));
  return Int16Array.from(out, (value) => Math.round(32_767 * Math.max(-1, Math.min(1, value))));
}

/** Six keys a second in bursts of some seconds: a click, the ring of the case, and the key coming up more quietly. */
function keyboard(out: Float32Array, random: NoiseRandom) {
  for (let at = 0; at < out.length; at += (1 + 2 * random()) * rate) {
    const until = at + (3 + 5 * random()) * rate;
    for (; at < until; at += (0.08 + 0.17 * random()) * rate) {
      const level = amplitude(-26 + 8 * random());
      click(level, random)(out, Math.floor(at));
      click(level * 0.3, random)(out, Math.floor(at + (0.07 + 0.05 * random()) * rate));
    }
  }
}

function click(level: number, random: NoiseRandom): Put {
  const ringHz = 1500 + 2500 * random();
  return (out, at) => {
    let last = 0;
    for (let n = 0; n < 0.06 * rate && at + n < out.length; n++) {
      const t = n / rate;
      const hiss = white(random);
      const snap = (hiss - last) * Math.exp(-t / 0.002);
      const ring = Math.sin(2 * Math.PI * ringHz * t) * Math.exp(-t / 0.008);
      const thump = Math.sin(2 * Math.PI * 140 * t) * Math.exp(-t / 0.02);
      out[at + n] = (out[at + n] ?? 0) + level * (snap + 0.5 * ring + 0.4 * thump);
      last = hiss;
    }
  };
}

/** In and out every four seconds: hiss in a band around 1 kHz. */
function breath(out: Float32Array, random: NoiseRandom) {
  for (let at = 0; at < out.length; at += (3.2 + 1.6 * random()) * rate) {
    gust(0.8 + 0.5 * random(), -36 + 6 * random(), random)(out, Math.floor(at));
    gust(1 + 0.6 * random(), -40 + 6 * random(), random)(out, Math.floor(at + 1.6 * rate));
  }
}

function gust(seconds: number, db: number, random: NoiseRandom): Put {
  const open = 0.15 + 0.15 * random();
  return (out, at) => {
    const length = Math.floor(seconds * rate);
    let [low, lower] = [0, 0];
    for (let n = 0; n < length && at + n < out.length; n++) {
      low += open * (white(random) - low);
      lower += 0.03 * (low - lower);
      const swell = Math.sin((Math.PI * n) / length) ** 2;
      out[at + n] = (out[at + n] ?? 0) + amplitude(db) * 4 * swell * (low - lower);
    }
  };
}
