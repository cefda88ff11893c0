import { expect, test } from 'vitest';
import { talkRows } from './talk.ts';

test('what ten people say at once is read back from messages and files as it was said', async () => {
  const rows = await talkRows(150);
  expect(rows.map(([, , wrong, twice]) => [wrong, twice])).toEqual(rows.map(() => ['0', '0']));
});
