import { suiteSeed } from '#test/properties.ts';
import { dialectTargets } from './targets/dialects.ts';

/** Together 600. The long tests try more, and `npm run fuzz -- --only dialects` as many as wanted. */
const cases: Readonly<Record<string, number>> = { 'dialects-chat': 300 };
const fewCases = 100;

test.each(dialectTargets)(
  '$name: of an altered answer right words are heard or one true sentence, never noise, marks, a false promise or a second run',
  async ({ name, check }) => {
    const count = cases[name] ?? fewCases;
    const { failure } = await check(count, suiteSeed);
    const again = `npm run fuzz -- --only ${name} --seed ${suiteSeed} --cases ${count}`;
    expect(failure === undefined ? '' : `${again}\n${failure}`).toBe('');
  },
);
