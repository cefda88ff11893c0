import { expect, test } from 'vitest';
import { readCpuSeconds, readMachineTimes } from './processor.ts';

test('a machine is busy in programs and in the kernel for them, and what its host took is told apart', () => {
  const stat = 'cpu  1000 50 200 9000 300 40 60 700 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n';
  expect(readMachineTimes(stat)).toEqual({ busySeconds: 12.5, stolenSeconds: 7 });
});

test('the time of a process is that of its programs and of the kernel for it, whatever it is called', () => {
  const stat = '4711 (a (b) 1 2) S 1 4711 4711 0 -1 4194560 100 0 0 0 250 50 7 8 20 0 11 0 99';
  expect(readCpuSeconds(stat)).toBe(3);
});
