import { expect, test } from 'vitest';
import { OneRate } from '#src/audio/one-rate.ts';
import { joinSamples } from '#src/audio/pcm.ts';

const tone = (rateHz: number, ms: number) =>
  Int16Array.from({ length: (rateHz * ms) / 1000 }, (_, n) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * 440 * n) / rateHz)),
  );
const pcm = (rateHz: number, ms: number) =>
  ({ samples: tone(rateHz, ms), rateHz, channels: 1 }) as const;

test('pieces of several rates become one sound that is as long as they are together', () => {
  const rate = new OneRate(24_000);
  const pieces = [16_000, 16_000, 24_000, 48_000].flatMap((hz) => rate.push(pcm(hz, 100)));
  const { length } = joinSamples([...pieces, rate.flush()]);
  expect(length).toBe(4 * 2_400);
});

test('a sound that has the rate already is not touched', () => {
  const rate = new OneRate(24_000);
  const sound = pcm(24_000, 100);
  expect(rate.push(sound)).toEqual([sound.samples]);
  expect(rate.flush()).toHaveLength(0);
});
