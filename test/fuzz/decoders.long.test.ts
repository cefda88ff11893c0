import { expect, test } from 'vitest';
import { decoderTargets } from './decoders.ts';

/** Cases of each target; `npm run fuzz` tries as many as wanted. */
const cases = 20;
const seed = Date.now() % 1_000_000_000;

test.each(decoderTargets)(
  'whatever is done to a file, $name neither throws nor hangs',
  async (target) => {
    const { failure } = await target.check(cases, seed);
    expect(failure === undefined ? '' : `seed ${seed}\n${failure}`).toBe('');
  },
  30_000,
);
