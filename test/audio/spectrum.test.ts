import { Spectrum } from '#src/audio/spectrum.ts';

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
