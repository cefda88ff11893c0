import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Resampler } from '#src/audio/resample.ts';
import { StereoResampler } from '#src/audio/stereo-resampler.ts';

const rates = fc.constantFrom(8000, 22_050, 24_000, 44_100, 48_000, 96_000);
const pieces = fc.array(fc.int16Array({ maxLength: 120 }), { maxLength: 20 });

/** One side of what is interleaved. */
const side = (both: readonly number[], which: number) => both.filter((_, n) => n % 2 === which);

test('two channels at once come out as each would alone, wherever they are cut', () => {
  fc.assert(
    fc.property(rates, rates, pieces, (fromHz, toHz, all) => {
      const both = new StereoResampler(fromHz, toHz);
      const pairs = all.map((piece) => piece.subarray(0, piece.length - (piece.length % 2)));
      const out = [...pairs.flatMap((piece) => [...both.push(piece)]), ...both.flush()];
      for (const which of [0, 1]) {
        const one = new Resampler(fromHz, toHz);
        const alone = pairs.map((piece) => Int16Array.from(side([...piece], which)));
        const wanted = [...alone.flatMap((piece) => [...one.push(piece)]), ...one.flush()];
        expect(side(out, which)).toHaveLength(wanted.length);
        const off = side(out, which).map((sample, n) => Math.abs(sample - (wanted[n] ?? 0)));
        expect(Math.max(0, ...off)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('after a flush a new stream begins as the first one did', () => {
  const resampler = new StereoResampler(44_100, 48_000);
  const sound = Int16Array.from({ length: 2000 }, (_, n) => 8000 * Math.sin(n / 9));
  const first = [...resampler.push(sound), ...resampler.flush()];
  expect([...resampler.push(sound), ...resampler.flush()]).toEqual(first);
});
