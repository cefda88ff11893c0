import { expect, test } from 'vitest';
import { targets } from './targets.ts';

/** Of each target; `npm run fuzz` tries as many as wanted. */
const cases = 500;
const seed = Date.now() % 1_000_000_000;

test.each(targets)('no input makes $name throw or hold the main thread', async (target) => {
  const { failure } = await target.check(cases, seed);
  const again = `npm run fuzz -- --only ${target.name} --seed ${seed} --cases ${cases}`;
  expect(failure === undefined ? '' : `${again}\n${failure}`).toBe('');
});
