import { suiteSeed } from '#test/properties.ts';
import { decoderTargets } from './decoder-targets.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { plantMistake } from './planted-mistakes.ts';
import { classTargets, targets } from './targets.ts';

/** Cases of each target; `npm run fuzzTarget` tries as many as wanted. */
const [cases, classCases, fileCases] = [500, 60, 20];
/** The same in every run, so that a run of CI says what the commit did; `npm run fuzzTarget` takes a new one each time. */
const seed = suiteSeed;

test.each(targets)('no input makes $name throw or hold the main thread', (target) =>
  checkTarget(target, cases),
);

test.each(classTargets)(
  'no sequence makes $name throw, wait for ever or end twice',
  (target) => checkTarget(target, classCases),
);

test.each(decoderTargets)(
  'whatever is done to a file, $name neither throws nor hangs',
  (target) => checkTarget(target, fileCases),
  30_000,
);

const plantedCases = 100;

test.each([...targets, ...classTargets, ...decoderTargets])(
  'the search of $name finds a fault planted in what it reads by',
  async ({ name, checkInputs }) => {
    const { failure } = await checkInputs(plantedCases, seed, plantMistake(name));
    expect(failure).toBeDefined();
  },
);

async function checkTarget({ name, checkInputs }: FuzzTarget, count: number) {
  const { failure } = await checkInputs(count, seed);
  const again = `npm run fuzz -- --only ${name} --seed ${seed} --cases ${count} --files ${count}`;
  expect(failure === undefined ? '' : `${again}\n${failure}`).toBe('');
}
