import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { lengthOf, type OrderStep, PacketOrder } from '#src/audio/packet-order.ts';
import { packetAt } from './packets.ts';

function ordered(packets: readonly Packet[], order = new PacketOrder()): OrderStep[] {
  const steps = packets.flatMap((packet) => order.put(packet));
  return [...steps, ...order.settle(Number.POSITIVE_INFINITY)];
}

function sequences(steps: readonly OrderStep[]): number[] {
  return steps.flatMap((step) => (step.kind === 'packet' ? [step.packet.sequence] : []));
}

function lengthOfAll(steps: readonly OrderStep[]): number {
  return steps.reduce((sum, step) => {
    if (step.kind === 'restart') return sum;
    return sum + (step.kind === 'packet' ? lengthOf(step.packet) : step.samples);
  }, 0);
}

/** Swaps packets about within blocks of eight, the first one kept. */
const shuffled = fc
  .tuple(
    fc.integer({ min: 0, max: 0xffff }),
    fc.array(fc.array(fc.nat(), { minLength: 8, maxLength: 8 })),
  )
  .map(([from, blocks]) => {
    const rest = blocks.flatMap((keys, block) =>
      keys
        .map((key, n) => ({ key, packet: packetAt(from + 1 + block * 8 + n) }))
        .sort((a, b) => a.key - b.key)
        .map(({ packet }) => ({ ...packet, atMs: from * 20 })),
    );
    return [packetAt(from), ...rest];
  });

test('packets that overtake one another within the bound come out in order, none twice', () => {
  fc.assert(
    fc.property(shuffled, (packets) => {
      const out = sequences(ordered(packets));
      const from = packets[0]?.sequence ?? 0;
      expect(out).toEqual(packets.map((_, n) => (from + n) & 0xffff));
    }),
  );
});

test('whatever is dropped, doubled or delayed, no packet comes out twice and none out of order', () => {
  const arrivals = fc.array(fc.tuple(fc.nat(60), fc.nat(30)), { maxLength: 120 });
  fc.assert(
    fc.property(arrivals, (list) => {
      let atMs = 0;
      const packets = list.map(([sequence, laterMs]) => {
        atMs += laterMs;
        return packetAt(sequence, { atMs });
      });
      const order = new PacketOrder();
      const runs: number[][] = [[]];
      for (const step of ordered(packets, order)) {
        if (step.kind === 'restart') runs.push([]);
        if (step.kind === 'packet') runs.at(-1)?.push(step.packet.sequence);
      }
      for (const run of runs) {
        expect(run).toEqual([...new Set(run)].sort((a, b) => a - b));
      }
    }),
  );
});

test('the lengths of packets, losses and silences add up to the timestamps', () => {
  const gaps = fc.record({ missing: fc.nat(5), silentFrames: fc.nat(500) });
  fc.assert(
    fc.property(fc.array(gaps, { maxLength: 40 }), (list) => {
      let [sequence, frames] = [65_500, 0];
      const packets = [packetAt(sequence, { timestamp: 0, atMs: 0 })];
      for (const { missing, silentFrames } of list) {
        sequence += 1 + missing;
        frames += 1 + missing + silentFrames;
        packets.push(packetAt(sequence, { timestamp: frames * 960, atMs: frames * 20 }));
      }
      const order = new PacketOrder();
      const steps = packets.flatMap((packet) => ordered([packet], order));
      expect(lengthOfAll(steps)).toBe((frames + 1) * 960);
    }),
  );
});

test('a packet in order is passed on at once', () => {
  const order = new PacketOrder();
  order.put(packetAt(0));
  expect(sequences(order.put(packetAt(1)))).toEqual([1]);
});

test('a packet waits 40 ms for one before it, and not longer', () => {
  const order = new PacketOrder();
  order.put(packetAt(0));
  expect(order.put(packetAt(2, { atMs: 100 }))).toEqual([]);
  expect(order.settle(139)).toEqual([]);
  expect(order.settle(140)).toEqual([
    { kind: 'lost', frames: 1, samples: 960 },
    { kind: 'packet', packet: packetAt(2, { atMs: 100 }) },
  ]);
  expect(order.counts()).toEqual({ lost: 1, late: 0, duplicate: 0, reordered: 0 });
});

test('a packet that comes after it was given up is dropped and counted as late', () => {
  const late = new PacketOrder();
  late.put(packetAt(0));
  late.put(packetAt(2));
  late.settle(500);
  expect(late.put(packetAt(1, { atMs: 501 }))).toEqual([]);
  expect(late.counts()).toEqual({ lost: 1, late: 1, duplicate: 0, reordered: 0 });
});

test('a packet that comes twice is dropped and counted, before and after its first was passed on', () => {
  const order = new PacketOrder();
  const packets = [packetAt(0), packetAt(0), packetAt(2), packetAt(2), packetAt(1)];
  const steps = ordered(
    packets.map((packet) => ({ ...packet, atMs: 0 })),
    order,
  );
  expect(sequences(steps)).toEqual([0, 1, 2]);
  expect(order.counts()).toEqual({ lost: 0, late: 0, duplicate: 2, reordered: 1 });
});

test('a timestamp that jumps while the sequence goes on was silence, not loss', () => {
  const steps = ordered([packetAt(0), packetAt(1, { timestamp: 48_000, atMs: 1000 })]);
  expect(steps[1]).toEqual({ kind: 'silence', samples: 48_000 - 960 });
});

test('lost frames before a pause count with their own length, the rest is silence', () => {
  const steps = ordered([packetAt(0), packetAt(3, { timestamp: 48_000, atMs: 1000 })]);
  expect(steps.slice(1, 3)).toEqual([
    { kind: 'lost', frames: 2, samples: 1920 },
    { kind: 'silence', samples: 48_000 - 3 * 960 },
  ]);
});

test('sequence and timestamp may wrap at any time', () => {
  const before = packetAt(0xffff, { timestamp: 0xffff_ffff - 959 });
  const after = packetAt(0x1_0000, { timestamp: 0 });
  expect(ordered([before, after]).map(({ kind }) => kind)).toEqual(['packet', 'packet']);
});

test.each([
  ['more frames are lost than can be filled', packetAt(7)],
  ['the timestamp goes back', packetAt(1, { timestamp: 0xffff_0000 })],
  ['the timestamp jumps by more than a minute', packetAt(1, { timestamp: 61 * 48_000 })],
  ['the sequence leaps', packetAt(1000)],
  ['the sequence falls back by more than two seconds', packetAt(60_000, { timestamp: 5 })],
])('the stream starts anew when %s', (_, packet) => {
  expect(ordered([packetAt(0), packet]).map(({ kind }) => kind)).toEqual([
    'packet',
    'restart',
    'packet',
  ]);
});

test('a new stream that looks like old packets is believed after some', () => {
  const first = Array.from({ length: 200 }, (_, n) => packetAt(n + 5000));
  const second = Array.from({ length: 40 }, (_, n) => packetAt(n + 5120, { timestamp: n * 960 }));
  const out = sequences(ordered([...first, ...second]));
  expect(out).toHaveLength(200 + 40 - 15);
});
