import { expect, test } from 'vitest';
import { rms } from '#src/audio/loudness.ts';
import { Concealment } from '#src/audio/voice/concealment.ts';

/** A voice of 200 Hz with two overtones, in pieces of 20 ms. */
function voice(piece: number): Int16Array {
  return Int16Array.from({ length: 320 }, (_, n) => {
    const at = (2 * Math.PI * 200 * (piece * 320 + n)) / 16_000;
    return 5000 * Math.sin(at) + 2000 * Math.sin(2 * at) + 1000 * Math.sin(3 * at);
  });
}

function after(pieces: number): Concealment {
  const concealment = new Concealment();
  for (let n = 0; n < pieces; n++) concealment.heard(voice(n));
  return concealment;
}

function furthest(a: Int16Array, b: Int16Array): number {
  return Math.max(...a.map((sample, n) => Math.abs(sample - (b[n] ?? 0))));
}

test('a steady voice goes on through a loss, a little quieter', () => {
  const made = after(5).fill(320);
  expect(made).toHaveLength(320);
  expect(furthest(made, voice(5))).toBeLessThan(0.21 * 8000);
  expect(furthest(made.subarray(0, 16), voice(5).subarray(0, 16))).toBeLessThan(100);
});

test('what is made up has faded to nothing after 100 ms', () => {
  const concealment = after(5);
  const loudness = [1, 2, 3, 4, 5, 6].map(() => rms(concealment.fill(320)));
  expect(loudness).toEqual(loudness.toSorted((a, b) => b - a));
  expect(loudness[5]).toBe(0);
});

test('the first 5 ms after a loss grow out of what was made up', () => {
  const concealment = after(5);
  const made = concealment.fill(320);
  const next = Int16Array.from(voice(6), (sample) => -sample);
  concealment.heard(next);
  expect(Math.abs((next[0] ?? 0) - (made.at(-1) ?? 0))).toBeLessThan(1500);
  expect(next.subarray(80)).toEqual(Int16Array.from(voice(6), (sample) => -sample).subarray(80));
});

test('without a loss nothing is changed', () => {
  const concealment = after(5);
  const next = voice(5);
  concealment.heard(next);
  expect(next).toEqual(voice(5));
});

test('before anything was heard, and after a reset, a loss is silence', () => {
  const concealment = new Concealment();
  expect(concealment.knows).toBe(false);
  expect(concealment.fill(320)).toEqual(new Int16Array(320));
  const forgetful = after(5);
  expect(forgetful.knows).toBe(true);
  forgetful.reset();
  expect(forgetful.fill(100)).toEqual(new Int16Array(100));
});
