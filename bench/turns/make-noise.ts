import { seededRandom } from '#sandbox/seeded-random.ts';
import { roomRateHz } from './microphone-client.ts';

/** Sounds of a person who does not speak, at levels a headset on a desk hears them. */
export const noiseMakers = { keyboard: makeKeyboard, breath: makeBreath } as const;
export type NoiseName = keyof typeof noiseMakers;

type NoiseRandom = () => number;
/** Adds one sound to `out`, which starts at `at` samples; what goes beyond the end is lost. */
type PutSound = (out: Float32Array, at: number) => void;

const noiseRateHz = roomRateHz;
const toAmplitude = (db: number) => 10 ** (db / 20);
const makeWhiteNoise = (random: NoiseRandom) => 2 * random() - 1;

/** Full scale is 1. */
export function makeNoise(kind: NoiseName, seconds: number, seed: number) {
  const out = new Float32Array(seconds * noiseRateHz);
  noiseMakers[kind](out, seededRandom(seed));
  return Int16Array.from(out, (value) =>
    Math.round(32_767 * Math.max(-1, Math.min(1, value))),
  );
}

/** Six keys a second in bursts of some seconds: a click, the ring of the case, and the key coming up more quietly. */
function makeKeyboard(out: Float32Array, random: NoiseRandom) {
  for (let at = 0; at < out.length; at += (1 + 2 * random()) * noiseRateHz) {
    const until = at + (3 + 5 * random()) * noiseRateHz;
    for (; at < until; at += (0.08 + 0.17 * random()) * noiseRateHz) {
      const level = toAmplitude(-26 + 8 * random());
      makeClick(level, random)(out, Math.floor(at));
      makeClick(level * 0.3, random)(
        out,
        Math.floor(at + (0.07 + 0.05 * random()) * noiseRateHz),
      );
    }
  }
}

function makeClick(level: number, random: NoiseRandom): PutSound {
  const ringHz = 1500 + 2500 * random();
  return (out, at) => {
    let last = 0;
    for (let n = 0; n < 0.06 * noiseRateHz && at + n < out.length; n++) {
      const t = n / noiseRateHz;
      const hiss = makeWhiteNoise(random);
      const snap = (hiss - last) * Math.exp(-t / 0.002);
      const ring = Math.sin(2 * Math.PI * ringHz * t) * Math.exp(-t / 0.008);
      const thump = Math.sin(2 * Math.PI * 140 * t) * Math.exp(-t / 0.02);
      out[at + n] = (out[at + n] ?? 0) + level * (snap + 0.5 * ring + 0.4 * thump);
      last = hiss;
    }
  };
}

/** In and out every four seconds: hiss in a band around 1 kHz. */
function makeBreath(out: Float32Array, random: NoiseRandom) {
  for (let at = 0; at < out.length; at += (3.2 + 1.6 * random()) * noiseRateHz) {
    makeGust(0.8 + 0.5 * random(), -36 + 6 * random(), random)(out, Math.floor(at));
    makeGust(
      1 + 0.6 * random(),
      -40 + 6 * random(),
      random,
    )(out, Math.floor(at + 1.6 * noiseRateHz));
  }
}

function makeGust(seconds: number, db: number, random: NoiseRandom): PutSound {
  const open = 0.15 + 0.15 * random();
  return (out, at) => {
    const length = Math.floor(seconds * noiseRateHz);
    let [low, lower] = [0, 0];
    for (let n = 0; n < length && at + n < out.length; n++) {
      low += open * (makeWhiteNoise(random) - low);
      lower += 0.03 * (low - lower);
      const swell = Math.sin((Math.PI * n) / length) ** 2;
      out[at + n] = (out[at + n] ?? 0) + toAmplitude(db) * 4 * swell * (low - lower);
    }
  };
}
