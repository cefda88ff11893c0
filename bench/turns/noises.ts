import { seededRandom } from '#sandbox/seeded-random.ts';
import { roomRateHz } from './microphone.ts';

/** Sounds of a room in which nobody speaks, at levels a headset on a desk hears them. */
export const noises = { keyboard, breath, hum, music } as const;
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
function keyboard(out: Float32Array, random: NoiseRandom): void {
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
function breath(out: Float32Array, random: NoiseRandom): void {
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

/** Mains at 50 Hz with nine harmonics, slowly swelling, under the hiss of a cheap cable. */
function hum(out: Float32Array, random: NoiseRandom): void {
  const partials = Array.from({ length: 10 }, (_, n) => [random(), 1 / (n + 1)] as const);
  for (let n = 0; n < out.length; n++) {
    const t = n / rate;
    let sum = 0;
    for (const [k, [phase, strength]] of partials.entries()) {
      sum += strength * Math.sin(2 * Math.PI * (50 * (k + 1) * t + phase));
    }
    const swell = 1 + 0.3 * Math.sin(2 * Math.PI * 0.2 * t);
    out[n] = amplitude(-40) * sum * swell + amplitude(-58) * white(random);
  }
}

const beat = Math.floor((60 / 110) * rate);
const scale = [0, 2, 4, 7, 9, 12, 14, 16];
const roots = [0, 5, 7, -3];

/** A third plucked strings, a third chords with tremolo, a third the same with drums. */
function music(out: Float32Array, random: NoiseRandom): void {
  for (let n = 0; n * beat < out.length; n++) {
    const at = n * beat;
    const rootHz = 110 * 2 ** ((roots[Math.floor(n / 4) % 4] ?? 0) / 12);
    const third = Math.floor((3 * at) / out.length);
    if (third !== 1) strings(rootHz, random)(out, at);
    if (third > 0 && n % 4 === 0) chord(rootHz * 2, (4 * beat) / rate)(out, at);
    if (third === 2) drums(n, random)(out, at);
  }
}

function strings(rootHz: number, random: NoiseRandom): Put {
  const tone = () => rootHz * 2 ** (1 + (scale[Math.floor(random() * scale.length)] ?? 0) / 12);
  return (out, at) => {
    pluck(tone(), random)(out, at);
    pluck(tone(), random)(out, at + Math.floor(beat / 2));
  };
}

function drums(n: number, random: NoiseRandom): Put {
  return (out, at) => {
    drum(n % 2 === 0 ? 'kick' : 'snare', random)(out, at);
    drum('hat', random)(out, at + Math.floor(beat / 2));
  };
}

/** Karplus and Strong: a burst of noise that runs round a damped loop. */
function pluck(hz: number, random: NoiseRandom): Put {
  return (out, at) => {
    const loop = Float32Array.from({ length: Math.round(rate / hz) }, () => white(random));
    for (let n = 0; n < 1.5 * rate && at + n < out.length; n++) {
      const here = n % loop.length;
      const value = loop[here] ?? 0;
      loop[here] = 0.498 * (value + (loop[(here + 1) % loop.length] ?? 0));
      out[at + n] = (out[at + n] ?? 0) + amplitude(-26) * value;
    }
  };
}

function chord(rootHz: number, seconds: number): Put {
  return (out, at) => {
    for (let n = 0; n < seconds * rate && at + n < out.length; n++) {
      const t = n / rate;
      let sum = 0;
      for (const semitones of [0, 4, 7, 12]) {
        const hz = rootHz * 2 ** (semitones / 12);
        for (let k = 1; k <= 5; k++) sum += Math.sin(2 * Math.PI * hz * k * t) / k;
      }
      const edge = Math.min(1, t / 0.1, (seconds - t) / 0.1);
      const tremolo = 1 + 0.3 * Math.sin(2 * Math.PI * 5 * t);
      out[at + n] = (out[at + n] ?? 0) + amplitude(-40) * sum * tremolo * edge;
    }
  };
}

function drum(kind: 'kick' | 'snare' | 'hat', random: NoiseRandom): Put {
  const decay = { kick: 0.12, snare: 0.08, hat: 0.03 }[kind];
  const level = amplitude({ kick: -16, snare: -22, hat: -30 }[kind]);
  return (out, at) => {
    let last = 0;
    for (let n = 0; n < 5 * decay * rate && at + n < out.length; n++) {
      const t = n / rate;
      const hiss = white(random);
      const deep = Math.sin(2 * Math.PI * (50 * t + 4 * (1 - Math.exp(-t / 0.03))));
      const value = { kick: deep, snare: 0.4 * deep + 0.6 * hiss, hat: hiss - last }[kind];
      out[at + n] = (out[at + n] ?? 0) + level * value * Math.exp(-t / decay);
      last = hiss;
    }
  };
}
