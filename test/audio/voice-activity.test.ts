import { readFileSync } from 'node:fs';
import { measureLevelDb } from '#src/audio/pcm.ts';
import { Spectrum } from '#src/audio/spectrum.ts';
import {
  loadSilero,
  type SileroNetwork,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import { readSpeech } from './recorded-speech.ts';

test.each([40, 256, 400])(
  'of %i samples each wave has its power in its bin alone',
  (size) => {
    const spectrum = new Spectrum(new Float64Array(size).fill(1));
    for (let wave = 1; wave < size / 2; wave++) {
      const angle = (2 * Math.PI * wave) / size;
      const samples = Float32Array.from({ length: size }, (_, n) =>
        Math.sin(angle * n),
      );
      const off = spectrum
        .measurePower(samples, 0)
        .map((power, bin) => power - (bin === wave ? size ** 2 / 4 : 0));
      expect(Math.max(...off.map(Math.abs)) / size ** 2).toBeLessThan(1e-6);
    }
  },
);

/** Probabilities per window from onnxruntime-node 1.30 over the same model. */
const reference: Record<string, number[]> = JSON.parse(
  readFileSync(new URL('../fixtures/silero-reference.json', import.meta.url), 'utf8'),
);

let weights: SileroNetwork;

beforeAll(async () => {
  weights = await loadSilero();
});

/** The noise that the reference was made with. */
function makeNoise(length: number) {
  let seed = 1;
  return new Int16Array(length).map(() => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return ((seed >>> 16) - 32_768) >> 3;
  });
}

function soundOf(name: string) {
  if (name === 'noise') return makeNoise(60 * 512);
  if (name === 'silence') return new Int16Array(40 * 512);
  return readSpeech(name.replace('.wav', '')).samples;
}

function readProbabilities(samples: Int16Array) {
  return new VoiceWindowMeter(weights)
    .push(samples, 0)
    .map(({ probability }) => probability);
}

function largestDifference(a: readonly number[], b: readonly number[]) {
  return Math.max(...a.map((value, n) => Math.abs(value - (b[n] ?? Number.NaN))));
}

test.each(Object.entries(reference))(
  '%s gets the probabilities of the original model',
  (name, wanted) => {
    const got = readProbabilities(soundOf(name));
    expect(got).toHaveLength(wanted.length);
    expect(largestDifference(got, wanted)).toBeLessThan(1e-4);
  },
);

test('digital silence has a level that levels of a voice can be compared with', () =>
  expect(measureLevelDb(new Int16Array(960))).toBe(-100));

test('a window carries the instant of its last sample', () => {
  const meter = new VoiceWindowMeter(weights);
  expect(meter.push(new Int16Array(320), 20)).toEqual([]);
  expect(meter.push(new Int16Array(320), 40).map(({ atMs }) => atMs)).toEqual([32]);
  expect(meter.push(new Int16Array(1024), 104).map(({ atMs }) => atMs)).toEqual([
    64, 96,
  ]);
});

test('each window that holds a part of a lost piece says so', () => {
  const meter = new VoiceWindowMeter(weights);
  meter.push(new Int16Array(256), 16);
  const windows = [
    ...meter.push(new Int16Array(768), 64, true),
    ...meter.push(new Int16Array(1_024), 128),
    ...meter.push(new Int16Array(256), 144, true),
    ...meter.push(new Int16Array(256), 160),
  ];
  expect(windows.map(({ isLost }) => isLost)).toEqual([true, true, false, false, true]);
});
