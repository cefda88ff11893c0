import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { loadSilero, type SileroWeights } from '#src/audio/voice/silero.ts';
import { windowSamples } from '#src/audio/voice/silero-layers.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { speech } from './speech.ts';

const run = promisify(execFile);

/** SIMD and plain TypeScript differ in rounding only: 1.4e-6 at most over the recordings (2026-11). */
const tolerance = 1e-5;

const recordings = [
  'human-cards-001',
  'human-cards-005',
  'human-digits-2934z',
  'human-goforward',
  'human-librivox-0880',
  'human-something',
  'synth-flite-awb-repeat-that',
  'synth-flite-slt-what-time-is-it',
];

let plain: SileroWeights;
let simd: SileroWeights;

beforeAll(async () => {
  [plain, simd] = await Promise.all([loadSilero('plain'), loadSilero()]);
});

function scaled(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}

/** White noise, -1..1 at most. */
function noise(windows: number, amplitude: number): Float32Array {
  let seed = 1;
  return new Float32Array(windows * windowSamples).map(() => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return amplitude * (seed / 2 ** 31 - 1);
  });
}

function probabilities(activity: VoiceActivity, sound: Float32Array): number[] {
  const all: number[] = [];
  for (let at = 0; at + windowSamples <= sound.length; at += windowSamples) {
    all.push(activity.probability(sound.subarray(at, at + windowSamples)));
  }
  return all;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, n) => Math.abs(value - (b[n] ?? Number.NaN))));
}

test('voice activity on SIMD equals that in plain TypeScript, over speech that goes on as one stream', () => {
  expect([plain.kind, simd.kind]).toEqual(['plain', 'simd']);
  const [reference, fast] = [new VoiceActivity(plain), new VoiceActivity(simd)];
  const heard: number[] = [];
  for (const name of recordings) {
    const sound = scaled(speech(name).samples);
    const got = probabilities(fast, sound);
    expect(largestDifference(got, probabilities(reference, sound)), name).toBeLessThan(tolerance);
    heard.push(...got);
  }
  expect(heard.filter((one) => one > 0.9).length).toBeGreaterThan(100);
  expect(heard.filter((one) => one < 0.1).length).toBeGreaterThan(100);
});

test.each([
  ['silence', new Float32Array(20 * windowSamples)],
  ['faint noise', noise(30, 0.001)],
  ['noise', noise(30, 0.1)],
  ['noise at full scale', noise(30, 1)],
  ['a sound beyond full scale', noise(30, 4)],
  ['a click in silence', new Float32Array(20 * windowSamples).fill(1, 5000, 5010)],
])('%s is judged alike on SIMD and in plain TypeScript, also after speech', (_name, sound) => {
  const [reference, fast] = [new VoiceActivity(plain), new VoiceActivity(simd)];
  const wholes = [sound, scaled(speech('human-goforward').samples), sound].map((one) =>
    largestDifference(probabilities(fast, one), probabilities(reference, one)),
  );
  expect(Math.max(...wholes)).toBeLessThan(tolerance);
});

test('a hundred people who speak at once share one instance, each with their own past', () => {
  const lengthSamples = 30 * windowSamples;
  const sounds = recordings.map((name) => scaled(speech(name).samples.subarray(0, lengthSamples)));
  const alone = sounds.map((sound) => probabilities(new VoiceActivity(simd), sound));
  const people = Array.from({ length: 100 }, () => new VoiceActivity(simd));
  const heard: number[][] = people.map(() => []);
  for (let at = 0; at < lengthSamples; at += windowSamples) {
    people.forEach((person, n) => {
      const sound = sounds[n % sounds.length] ?? new Float32Array();
      heard[n]?.push(person.probability(sound.subarray(at, at + windowSamples)));
    });
  }
  heard.forEach((one, n) => {
    expect(one).toEqual(alone[n % alone.length]);
  });
});

test('after a reset a stream on SIMD is a new one, and its neighbour goes on', () => {
  const [before, sound] = [noise(10, 0.3), scaled(speech('human-goforward').samples)];
  const [stream, neighbour, undisturbed] = [1, 2, 3].map(() => new VoiceActivity(simd));
  if (!stream || !neighbour || !undisturbed) throw new Error('three streams');
  for (const one of [stream, neighbour, undisturbed]) probabilities(one, before);
  stream.reset();
  const fresh = probabilities(new VoiceActivity(simd), sound);
  const goesOn = probabilities(undisturbed, sound);
  expect(probabilities(stream, sound)).toEqual(fresh);
  expect(probabilities(neighbour, sound)).toEqual(goesOn);
  expect(goesOn).not.toEqual(fresh);
});

test('where WebAssembly has no SIMD, voice activity runs in plain TypeScript', async () => {
  const program = `
    import { loadSilero } from '#src/audio/voice/silero.ts';
    console.log((await loadSilero()).kind);
  `;
  // Without SSE 4.1 V8 has none; on other processors the flag means nothing.
  const flags = ['--no-enable-sse4-1', '--input-type=module', '--eval', program];
  const { stdout } = await run(process.execPath, flags);
  expect(stdout.trim()).toBe(process.arch === 'x64' ? 'plain' : 'simd');
});
