import { expect, test } from 'vitest';
import type { FuzzTarget } from './fuzz-target.ts';
import { classTargets, targets } from './targets.ts';

/** Cases of each target; `npm run fuzz` tries as many as wanted. */
const [cases, classCases] = [500, 60];
const seed = Date.now() % 1_000_000_000;

test.each(targets)('no input makes $name throw or hold the main thread', (target) =>
  checked(target, cases),
);

test.each(classTargets)('no sequence makes $name throw, wait for ever or end twice', (target) =>
  checked(target, classCases),
);

async function checked({ name, check }: FuzzTarget, count: number): Promise<void> {
  const { failure } = await check(count, seed);
  const again = `npm run fuzz -- --only ${name} --seed ${seed} --cases ${count}`;
  expect(failure === undefined ? '' : `${again}\n${failure}`).toBe('');
}
