import { expect, test } from 'vitest';
import { HeldDatagrams } from '#src/discord/link/receiver.ts';

const datagram = (n: number) => Buffer.from([n]);

test('the last 25 datagrams of an unnamed source wait for its name, in order', () => {
  const held = new HeldDatagrams();
  for (let n = 0; n < 30; n++) held.put(1, datagram(n), n * 20);
  expect(held.take(1, 600).map(([n]) => n)).toEqual([...Array(25).keys()].map((n) => n + 5));
});

test('what waited longer than half a second is not given out', () => {
  const held = new HeldDatagrams();
  held.put(1, datagram(1), 0);
  held.put(1, datagram(2), 400);
  expect(held.take(1, 600)).toEqual([datagram(2)]);
});

test('a source that was named waits no more', () => {
  const held = new HeldDatagrams();
  held.put(1, datagram(1), 0);
  held.take(1, 0);
  expect(held.take(1, 0)).toEqual([]);
});

test('a flood of made-up sources costs no more than 32 of them', () => {
  const held = new HeldDatagrams();
  for (let ssrc = 0; ssrc < 1_000; ssrc++) held.put(ssrc, datagram(1), 0);
  const kept = [...Array(1_000).keys()].filter((ssrc) => held.take(ssrc, 0).length > 0);
  expect(kept).toEqual([...Array(32).keys()].map((n) => n + 968));
});
