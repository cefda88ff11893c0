import { suiteSeed } from '#test/properties.ts';
import { dialectTargets } from './targets/dialects.ts';

/** Of each. The long tests try the same and 400 more, and `npm run fuzz -- --only dialects` as many as wanted. */
const cases = 100;

test.each(dialectTargets)(
  '$name: of an altered answer right words are heard or one true sentence, never noise, marks, a false promise or a second run',
  async ({ name, checkInputs }) => {
    const { failure } = await checkInputs(cases, suiteSeed);
    const again = `npm run fuzz -- --only ${name} --seed ${suiteSeed} --cases ${cases}`;
    expect(failure === undefined ? '' : `${again}\n${failure}`).toBe('');
  },
);
