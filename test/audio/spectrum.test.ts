import { expect, test } from 'vitest';
import { createHannWindow, createSpectrum } from '#src/audio/spectrum.ts';

test.each([40, 256, 400])(
  'power of %i samples is that of a plain Fourier transform',
  (size) => {
    const samples = Float32Array.from({ length: size + 3 }, (_, n) => Math.sin(n * n));
    const window = createHannWindow(size);
    const power = createSpectrum(window).measurePower(samples, 3);
    const expected = Float64Array.from({ length: size / 2 + 1 }, (_, bin) => {
      let [re, im] = [0, 0];
      for (const [n, height] of window.entries()) {
        const angle = (2 * Math.PI * bin * n) / size;
        re += (samples[n + 3] ?? 0) * height * Math.cos(angle);
        im += (samples[n + 3] ?? 0) * height * Math.sin(angle);
      }
      return re ** 2 + im ** 2;
    });
    for (const [bin, value] of expected.entries())
      expect(power[bin]).toBeCloseTo(value, 9);
  },
);

test('a length with another factor is refused', () => {
  expect(() => createSpectrum(createHannWindow(14))).toThrow(
    'no product of 5, 4, 2: 7',
  );
});
