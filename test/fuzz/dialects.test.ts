import { suiteSeed } from '#test/properties.ts';
import { dialectTargets } from './targets/dialects.ts';

/** The long tests try more, and `npm run fuzzTarget -- --only dialects` as many as wanted. */
const cases = 300;

test.each(dialectTargets)(
  '$name: no mixed or broken answer ends in silence, noise, a spoken token or a hang',
  async ({ check }) => expect((await check(cases, suiteSeed)).failure).toBeUndefined(),
);
