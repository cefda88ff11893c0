import { expect, test } from 'vitest';
import { isOn, nextTick, streamsOf } from './bare-streams.ts';

/** Packets of a minute, by socket. */
function packets(sockets: number, perMinute: number): readonly number[] {
  const counts = Array<number>(sockets).fill(0);
  for (let tick = 0; tick < 3_000; tick++) {
    for (const stream of streamsOf(sockets, perMinute, 260))
      if (isOn(stream, tick)) counts[stream.socket] = (counts[stream.socket] ?? 0) + 1;
  }
  return counts;
}

test('the bare loop exchanges as many packets a minute as it is told, shared among its sockets', () => {
  const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
  expect(packets(1, 0)).toEqual([0]);
  expect(packets(1, 3_000)).toEqual([3_000]);
  expect(packets(1, 75_000)).toEqual([75_000]);
  expect(sum(packets(16, 16 * 1_850)) / (16 * 1_850)).toBeCloseTo(1, 1);
  for (const count of packets(16, 16 * 1_850)) expect(Math.abs(count - 1_850)).toBeLessThan(150);
});

test('a stream sends in one stretch of each turn, and nothing wakes it outside', () => {
  const [stream] = streamsOf(1, 1_500, 200);
  if (!stream) throw new Error('There is a stream.');
  const on = Array.from({ length: 400 }, (_, tick) => isOn(stream, tick));
  expect(on.indexOf(true)).toBe(200);
  expect(on.lastIndexOf(true)).toBe(399);
  expect(nextTick([stream], 0)).toBe(200);
  expect(nextTick([stream], 400)).toBe(600);
  expect(nextTick(streamsOf(1, 0, 0), 0)).toBeUndefined();
});
