import { cutSound } from '#src/speech/local/local-transcriber.ts';

test('a long recording becomes jobs of at most 10 s, cut where it is quiet, and loses no sound', () => {
  const second = 16_000;
  const recording = new Int16Array(60 * second).map((_, n) => 1 + (n % 9_000));
  // Pauses of half a second, eight seconds apart.
  for (let at = 8 * second; at < recording.length; at += 8 * second)
    recording.fill(0, at, at + second / 2);
  const segments = [...cutSound(recording)];
  const lengths = segments.map(({ length }) => length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(10 * second);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(recording.length);
  const ends = segments.slice(0, -1).map((segment) => segment.at(-1));
  expect(ends).toEqual(ends.map(() => 0));
});
