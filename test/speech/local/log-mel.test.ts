import { expect, test } from 'vitest';
import { computeLogMel } from '#src/speech/local/process/log-mel.ts';

test.each([0, 199, 200, 4_321, 16_000])('%i equal samples cost one frame', (equal) => {
  const samples = Float32Array.from({ length: 16_000 }, (_, n) =>
    n < equal ? 0.25 : Math.sin(n * n),
  );
  expect(computeLogMel(samples, equal)).toEqual(computeLogMel(samples));
});
