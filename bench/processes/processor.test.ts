import { expect, test } from 'vitest';
import { readMachineTimes } from './processor.ts';

test('a machine is busy in programs and in the kernel for them, and what its host took is told apart', () => {
  const stat = 'cpu  1000 50 200 9000 300 40 60 700 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  expect(readMachineTimes(stat)).toEqual({ busySeconds: 12.5, stolenSeconds: 7 });
});
