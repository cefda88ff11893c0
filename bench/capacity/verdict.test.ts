import { expect, test } from 'vitest';
import type { PeopleFigures } from './orders.ts';
import type { CapacityReading, ProcessorTimes } from './reading.ts';
import { broken, disturbance, usedUp } from './verdict.ts';

function reading(
  cpu: Partial<ProcessorTimes>,
  people: Partial<PeopleFigures> = {},
): CapacityReading {
  return {
    minutes: 1,
    cpu: { bot: 10, people: 20, servers: 5, others: 1, stolen: 0, ...cpu },
    residentMb: 200,
    frames: { sent: 1_000, late: 0 },
    packets: { opened: 1_000 },
    people: {
      answerMs: Array.from({ length: 100 }, (_, n) => 400 + n),
      silentMs: [],
      asked: 400,
      failed: 0,
      sentPackets: 10_000,
      latePackets: 10,
      heardPackets: 1_000,
      ...people,
    },
  };
}

test('a reading in which others or the host used the machine is disturbed', () => {
  expect(disturbance(reading({}))).toBeUndefined();
  expect(disturbance(reading({ others: 12 }))).toBe('other programs took 12.0 s/min of processor');
  expect(disturbance(reading({ stolen: 2 }))).toBe('the host took 2.0 s/min of processor');
});

test('a bench that is itself late or has no processor left says so', () => {
  expect(usedUp(reading({}))).toBeUndefined();
  expect(usedUp(reading({}, { latePackets: 100 }))).toBe("1.0 % of people's packets left late");
  expect(usedUp(reading({ people: 58 }))).toBe('people took 58 s/min of a core');
  expect(usedUp(reading({ servers: 58 }))).toBe('the mock servers took 58 s/min of a core');
});

test('the bar breaks at answers a quarter slower than alone', () => {
  const slower = (factor: number) =>
    reading({}, { answerMs: reading({}).people.answerMs.map((ms) => factor * ms) });
  expect(broken(slower(1.24), reading({}))).toBeUndefined();
  expect(broken(slower(1.3), reading({}))).toBe('p50 584 ms, 449 alone');
});

test('a few answers do not tell how slow the slowest are', () => {
  const few = (count: number) =>
    reading({}, { answerMs: Array.from({ length: count }, (_, n) => (n % 10 === 0 ? 900 : 450)) });
  expect(broken(few(30), reading({}))).toBeUndefined();
  expect(broken(few(50), reading({}))).toBe('p95 900 ms, 494 alone');
});

test('the bar breaks at one answer of two hundred that never came', () => {
  expect(broken(reading({}, { failed: 1 }), undefined)).toBeUndefined();
  expect(broken(reading({}, { failed: 2 }), undefined)).toBe('2 of 400 questions got no answer');
});
