import { expect, test } from 'vitest';
import { processThreads, readCpuMs, readStatus, residentMb, usageOf } from './threads.ts';

test('the CPU time of a thread is the first number of its schedstat', () => {
  expect(readCpuMs('435515000 1533456 3\n')).toBe(435.515);
});

test('resident memory and wake-ups are read by their whole names', () => {
  const status = [
    'Name:\tVmRSS: 1',
    'VmRSS:\t  158208 kB',
    'voluntary_ctxt_switches:\t4711',
    'nonvoluntary_ctxt_switches:\t12',
  ].join('\n');
  expect(readStatus(status, 'VmRSS')).toBe(158_208);
  expect(readStatus(status, 'voluntary_ctxt_switches')).toBe(4_711);
  expect(readStatus('', 'VmRSS')).toBeNaN();
});

test('a thread that began in between counts from nothing, and one that ended not at all', () => {
  const before = new Map([
    [7, { cpuMs: 100, wakeUps: 10 }],
    [8, { cpuMs: 900, wakeUps: 90 }],
  ]);
  const after = new Map([
    [7, { cpuMs: 130, wakeUps: 15 }],
    [9, { cpuMs: 5, wakeUps: 2 }],
  ]);
  expect(usageOf(7, before, after)).toEqual({ cpuMs: 35, wakeUps: 7, mainWakeUps: 5 });
});

test.runIf(process.platform === 'linux')('the threads of this process are read', async () => {
  const main = (await processThreads(process.pid)).get(process.pid);
  expect(main?.cpuMs).toBeGreaterThan(0);
  expect(main?.wakeUps).toBeGreaterThan(0);
  expect(await residentMb(process.pid)).toBeGreaterThan(10);
});
