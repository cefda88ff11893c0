import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { Spectrum } from '#src/audio/echo/spectrum.ts';
import { energyDb, rms } from '#src/audio/loudness.ts';
import { loadSilero, type SileroWeights } from '#src/audio/voice/silero.ts';
import { readLayers } from '#src/audio/voice/silero-layers.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { speech } from './speech.ts';

/** Probabilities per window from onnxruntime-node 1.30 over the same model. */
const reference: Record<string, number[]> = JSON.parse(
  readFileSync(new URL('../fixtures/silero-reference.json', import.meta.url), 'utf8'),
);

const layers = readLayers(readFileSync('src/audio/voice/silero-v5-16k.bin'));

let weights: SileroWeights;

beforeAll(async () => {
  weights = await loadSilero();
});

/** The noise that the reference was made with. */
function noise(length: number): Int16Array {
  let seed = 1;
  return new Int16Array(length).map(() => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return ((seed >>> 16) - 32_768) >> 3;
  });
}

function soundOf(name: string): Int16Array {
  if (name === 'noise') return noise(60 * 512);
  if (name === 'silence') return new Int16Array(40 * 512);
  return speech(name.replace('.wav', '')).samples;
}

function probabilities(samples: Int16Array, activity = new VoiceActivity(weights)): number[] {
  return new VoiceMeter(activity).push(samples, 0).map(({ probability }) => probability);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, n) => Math.abs(value - (b[n] ?? Number.NaN))));
}

test.each(Object.entries(reference))(
  '%s gets the probabilities of the original model',
  (name, wanted) => {
    const got = probabilities(soundOf(name));
    expect(got).toHaveLength(wanted.length);
    expect(largestDifference(got, wanted)).toBeLessThan(1e-4);
  },
);

test('speech is told from noise and silence', () => {
  expect(Math.max(...probabilities(soundOf('human-goforward.wav')))).toBeGreaterThan(0.9);
  expect(Math.max(...probabilities(soundOf('noise')))).toBeLessThan(0.5);
  expect(Math.max(...probabilities(soundOf('silence')))).toBeLessThan(0.5);
});

test('streams that share the weights do not disturb one another', () => {
  const one = new VoiceMeter(new VoiceActivity(weights));
  const other = new VoiceMeter(new VoiceActivity(weights));
  const { samples } = speech('human-goforward');
  const heard: number[] = [];
  for (let at = 0; at < samples.length; at += 512) {
    heard.push(...one.push(samples.subarray(at, at + 512), 0).map((window) => window.probability));
    other.push(noise(512), 0);
  }
  expect(heard).toEqual(probabilities(samples));
});

test('after a reset nothing of the former sound is left', () => {
  const activity = new VoiceActivity(weights);
  const meter = new VoiceMeter(activity);
  meter.push(speech('human-cards-005').samples, 0);
  meter.reset();
  const { samples } = speech('human-goforward');
  expect(meter.push(samples, 0).map(({ probability }) => probability)).toEqual(
    probabilities(samples),
  );
});

test('how the samples are handed over does not change the windows', () => {
  const { samples } = speech('synth-flite-slt-what-time-is-it');
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const heard: number[] = [];
  for (let at = 0; at < samples.length; at += 320) {
    heard.push(...meter.push(samples.subarray(at, at + 320), 0).map((one) => one.probability));
  }
  expect(heard).toEqual(probabilities(samples));
});

test('a window carries the instant of its last sample', () => {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  expect(meter.push(new Int16Array(320), 20)).toEqual([]);
  expect(meter.push(new Int16Array(320), 40).map(({ atMs }) => atMs)).toEqual([32]);
  expect(meter.push(new Int16Array(1024), 104).map(({ atMs }) => atMs)).toEqual([64, 96]);
});

test('a window keeps its samples while the next ones come', () => {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const windows = meter.push(
    Int16Array.from({ length: 1024 }, (_, n) => n * 32),
    64,
  );
  expect(windows.map(({ samples }) => [samples.length, samples[1]])).toEqual([
    [512, 32 / 32_768],
    [512, (513 * 32) / 32_768],
  ]);
});

test('a window tells how loud it was in decibels below full scale', () => {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const sound = new Int16Array(1536);
  sound.fill(3277, 512, 1024);
  sound.fill(-16_384, 1024);
  const levels = meter.push(sound, 96).map(({ levelDb }) => levelDb);
  expect(levels[0]).toBe(-100);
  expect(levels[1]).toBeCloseTo(-20, 2);
  expect(levels[2]).toBeCloseTo(-6.02, 2);
});

test('after a gap of more than 300 ms nothing of the former sound is left', () => {
  const { samples } = speech('human-goforward');
  const gap = (lengthMs: number) =>
    ({ kind: 'gap', samples: new Int16Array(4800), lengthMs, atMs: 0 }) as const;
  const [fresh, long, short] = [0, 0, 0].map(() => new VoiceMeter(new VoiceActivity(weights)));
  for (const meter of [long, short]) meter?.push(speech('human-cards-005').samples, 0);
  const heard = [fresh, long, short].map((meter, n) => {
    meter?.hear(gap(n === 2 ? 300 : 301));
    return meter?.push(samples, 0).map(({ probability }) => probability);
  });
  expect(heard[1]).toEqual(heard[0]);
  expect(heard[2]).not.toEqual(heard[0]);
});

test('a window of another length is our own mistake', () => {
  expect(() => new VoiceActivity(weights).probability(new Float32Array(320))).toThrow('512');
});

test('the fast spectrum is the Fourier transform under the model’s own window', () => {
  const samples = Float64Array.from(noise(256), (sample) => sample / 32_768);
  const fast = new Float64Array(129);
  new Spectrum(layers.window).magnitudes(samples, 0, fast, 0);
  for (let k = 0; k <= 128; k++) {
    let [re, im] = [0, 0];
    samples.forEach((sample, n) => {
      const value = sample * (layers.window[n] ?? 0);
      re += value * Math.cos((2 * Math.PI * k * n) / 256);
      im -= value * Math.sin((2 * Math.PI * k * n) / 256);
    });
    expect(fast[k]).toBeCloseTo(Math.hypot(re, im), 9);
  }
});

test('the window of the model is a Hann window', () => {
  layers.window.forEach((value, n) => {
    expect(value).toBeCloseTo(0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 256), 5);
  });
});

test('loudness is 0 in silence and 1 at full scale', () => {
  expect(rms(new Int16Array(320))).toBe(0);
  expect(rms(new Int16Array(0))).toBe(0);
  expect(rms(new Int16Array(320).fill(-32_768))).toBe(1);
  expect(energyDb(new Int16Array(320))).toBe(-100);
  expect(energyDb(new Int16Array(320).fill(3277))).toBeCloseTo(-20, 2);
});
