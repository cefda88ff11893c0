import { expect, test } from 'vitest';
import { faultsOf, playFaults } from './shard-faults.ts';

test('10,000 faults: no shard has two owners, and none is without one for longer than a lease and the logins', async () => {
  const { doubled, late, unequal } = await playFaults(faultsOf(10_000));
  expect(doubled).toEqual([]);
  expect(unequal).toEqual([]);
  expect(late).toEqual([]);
}, 300_000);
