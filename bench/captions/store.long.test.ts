import { expect, test } from 'vitest';
import { benchStore, storeHead } from './store.ts';

test('forgotten words of a filled store are in none of its files', async () => {
  const rows = await benchStore(6_000);
  expect(rows.every((row) => row.length === storeHead.length)).toBe(true);
  expect(rows.map(([what]) => what)).toContain('300 lines forgotten, no canary in any file');
});
