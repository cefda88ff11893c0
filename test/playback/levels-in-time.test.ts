import { expect, test } from 'vitest';
import { fadeIn, fadeOut, Glide } from '#src/playback/mix/gain.ts';
import { bend, full, limit } from '#src/playback/mix/limiter.ts';

const left = (sound: Float32Array) => [...sound].filter((_, n) => n % 2 === 0);
const right = (sound: Float32Array) => [...sound].filter((_, n) => n % 2 === 1);

/** `length` samples of both channels at 1, after the glide. */
function glided(glide: Glide, length: number): Float32Array {
  const sound = new Float32Array(2 * length).fill(1);
  glide.apply(sound);
  return sound;
}

test('a gain that does not move is told, and is the same for every sample', () => {
  const glide = new Glide(0.5);
  expect(glide.steady).toBe(0.5);
  expect([...glided(glide, 2)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect([...glided(new Glide(), 1)]).toEqual([1, 1]);
});

test('a gain moves to its goal sample by sample, slow at both ends, in both channels alike', () => {
  const glide = new Glide(1);
  glide.to(0, 4);
  expect(glide.steady).toBeUndefined();
  const sound = glided(glide, 6);
  expect(left(sound)).toEqual([1, 0.84375, 0.5, 0.15625, 0, 0]);
  expect(right(sound)).toEqual(left(sound));
  expect(glide.steady).toBe(0);
});

test('a gain that turns round begins where it is, and one without a way is there at once', () => {
  const glide = new Glide(1);
  glide.to(0, 4);
  glided(glide, 2);
  glide.to(1, 2);
  expect(left(glided(glide, 3))).toEqual([0.5, 0.75, 1]);
  glide.to(0.25, 0);
  expect(glide.steady).toBe(0.25);
});

test('a gain goes on while there is no sound, and not beyond its goal', () => {
  const glide = new Glide(0);
  glide.to(1, 4);
  glide.pass(2);
  expect(left(glided(glide, 1))).toEqual([0.5]);
  glide.pass(100);
  expect(glide.steady).toBe(1);
});

test('sound falls to silence and rises from it in a straight line, and the rest stays', () => {
  const sound = new Int16Array(6).fill(1_000);
  fadeOut(sound, 3);
  expect([...sound]).toEqual([1_000, 1_000, 1_000, 750, 500, 250]);
  const risen = new Int16Array(6).fill(1_000);
  fadeIn(risen, 3);
  expect([...risen]).toEqual([250, 500, 750, 1_000, 1_000, 1_000]);
});

test('a sound shorter than its fade fades as a whole', () => {
  const [out, into] = [new Int16Array(1).fill(1_000), new Int16Array(1).fill(1_000)];
  fadeOut(out, 9);
  fadeIn(into, 9);
  expect([out[0], into[0]]).toEqual([500, 500]);
});

test('a sum stays as it is up to 0.9 of full scale, and above that is bent below it', () => {
  expect(bend(0.9)).toBe(0.9);
  expect(bend(-0.9)).toBe(-0.9);
  expect(bend(1)).toBeCloseTo(0.9 + 0.1 * Math.tanh(1), 9);
  expect(bend(-1.1)).toBeCloseTo(-(0.9 + 0.1 * Math.tanh(2)), 9);
  expect(bend(0.8, 0.5)).toBeCloseTo(0.5 + 0.5 * Math.tanh(0.6), 9);
  const limited = limit(Float32Array.of(0, 100, -29_000, 60_000, -400_000));
  expect([...limited.subarray(0, 3)]).toEqual([0, 100, -29_000]);
  expect(limited[3]).toBeGreaterThan(0.99 * full);
  expect(limited[4]).toBe(-full);
});
