import type { Pcm } from '#src/audio/pcm.ts';

/** Which question a sound belongs to: who asked it, and their how many-eth it is, 0 to 4095. */
export type Canary = { readonly who: number; readonly number: number };

/** A canary found in a sound; `part` is 0, 1 or 2 for the beginning, the middle and the end of an answer. */
export type CanaryWindow = Canary & { readonly part: number; readonly fromMs: number };

/** Canaries are told apart up to here; then they begin anew. */
export const canaryNumbers = 4096;

const rateHz = 16_000;
const digitTones = 16;
const digits = 4;
const parts = 3;
const lowestHz = 1_500;
const spacingHz = 80;
/** Level of each of the five tones, where 1 is full scale. */
const toneLevel = 0.06;
/** Level of a canary beside a voice, which voice detection has to take for a voice still. */
const besideLevel = 0.02;
/** Samples needed to find a canary: 160 ms at 16 kHz. */
export const canaryWindowSamples = 2_560;
const stepSamples = 640;
/** The strongest tone of a digit has so much more power than the next, or there is no canary. */
const leastRatio = 4;
/** Power of a tone of full scale is 0.25; quieter than -66 dBFS is silence. */
const leastPower = 0.25 * 10 ** -6.6;

/** Five steady tones that survive Opus, lost packets and music, added onto `pcm`. */
export function marked(pcm: Pcm, canary: Canary): Pcm {
  const tones = chord(canary, pcm.rateHz, pcm.samples.length, besideLevel, () => 0);
  const samples = pcm.samples.map((sample, n) => clipped(0.9 * sample + (tones[n] ?? 0)));
  return { samples, rateHz: pcm.rateHz, channels: 1 };
}

/** An answer that says nothing but whose it is, and which third of it is heard. */
export function canarySound(canary: Canary, soundRateHz: number, length: number): Int16Array {
  const third = (n: number) => Math.min(parts - 1, Math.floor((parts * n) / length));
  return Int16Array.from(chord(canary, soundRateHz, length, toneLevel, third), clipped);
}

/** Every canary in mono 16 kHz `samples`, one for each 40 ms in which there is one. */
export function canariesIn(samples: Int16Array): readonly CanaryWindow[] {
  const found: CanaryWindow[] = [];
  for (let from = 0; from + canaryWindowSamples <= samples.length; from += stepSamples) {
    const canary = canaryOf(samples, from);
    if (canary) found.push({ ...canary, fromMs: (from / rateHz) * 1_000 });
  }
  return found;
}

/** Windows in a row that have to agree: less is chance. */
const leastWindows = 3;

/** The questions in a sound, in order, each once. */
export function canariesOf(windows: readonly CanaryWindow[]): readonly Canary[] {
  const runs = new Map<string, { readonly canary: Canary; count: number }>();
  for (const { who, number } of windows) {
    const key = `${who}/${number}`;
    const run = runs.get(key) ?? { canary: { who, number }, count: 0 };
    run.count++;
    runs.set(key, run);
  }
  return [...runs.values()]
    .filter(({ count }) => count >= leastWindows)
    .map(({ canary }) => canary);
}

function canaryOf(samples: Int16Array, from: number): Omit<CanaryWindow, 'fromMs'> | undefined {
  const found: number[] = [];
  for (let digit = 0; digit <= digits; digit++) {
    const tone = strongest(samples, from, digit);
    if (tone === undefined) return undefined;
    found.push(tone);
  }
  const [who = 0, high = 0, middle = 0, low = 0, part = 0] = found;
  return { who, number: (high * digitTones + middle) * digitTones + low, part };
}

function strongest(samples: Int16Array, from: number, digit: number): number | undefined {
  const tones = digit < digits ? digitTones : parts;
  let best = -1;
  let [bestPower, nextPower] = [0, 0];
  for (let tone = 0; tone < tones; tone++) {
    const power = powerAt(samples, from, frequencyHz(digit, tone));
    if (power > bestPower) [best, bestPower, nextPower] = [tone, power, bestPower];
    else if (power > nextPower) nextPower = power;
  }
  return bestPower > leastPower && bestPower > leastRatio * nextPower ? best : undefined;
}

/** Goertzel over one window, with the flanks of a Hann window. */
function powerAt(samples: Int16Array, from: number, toneHz: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * toneHz) / rateHz);
  let [last, former] = [0, 0];
  for (let n = 0; n < canaryWindowSamples; n++) {
    const value = ((samples[from + n] ?? 0) / 32_768) * (hann[n] ?? 0) + factor * last - former;
    former = last;
    last = value;
  }
  return (4 * (last * last + former * former - factor * last * former)) / canaryWindowSamples ** 2;
}

const hann = Float64Array.from({ length: canaryWindowSamples }, (_, n) => {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / canaryWindowSamples);
});

function frequencyHz(digit: number, tone: number): number {
  return lowestHz + spacingHz * (digit * digitTones + tone * (digit < digits ? 1 : 2));
}

function chord(
  { who, number }: Canary,
  soundRateHz: number,
  length: number,
  level: number,
  partAt: (n: number) => number,
): Float64Array {
  const [high, middle, low] = [number >> 8, (number >> 4) & 15, number & 15];
  const steady = [who, high, middle, low].map((tone, digit) => frequencyHz(digit, tone));
  return Float64Array.from({ length }, (_, n) => {
    const seconds = n / soundRateHz;
    const all = [...steady, frequencyHz(digits, partAt(n))];
    return all.reduce((sum, hz) => sum + Math.sin(2 * Math.PI * hz * seconds), 0) * level * 32_768;
  });
}

function clipped(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
