import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { type OrderStep, PacketOrder } from '#src/audio/voice/packet-order.ts';
import { fc } from '#test/properties.ts';
import { packetAt } from './packets.ts';

function ordered(packets: readonly Packet[], order = new PacketOrder()): OrderStep[] {
  const steps = packets.flatMap((packet) => order.put(packet));
  return [...steps, ...order.settle(Number.POSITIVE_INFINITY)];
}

function sequences(steps: readonly OrderStep[]): number[] {
  return steps.flatMap((step) => (step.kind === 'packet' ? [step.packet.sequence] : []));
}

function lengthOfAll(steps: readonly OrderStep[]): number {
  return steps.reduce((sum, { samples = 0 }) => sum + samples, 0);
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
    { kind: 'packet', packet: packetAt(2, { atMs: 100 }), samples: 960 },
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

const other = (sequence: number, n: number) => packetAt(sequence, { timestamp: n * 960 });

test('another stream shows at once where its packets have numbers that were heard, but other timestamps', () => {
  const first = Array.from({ length: 200 }, (_, n) => packetAt(n + 5000));
  const second = Array.from({ length: 40 }, (_, n) => other(n + 5120, n));
  expect(sequences(ordered([...first, ...second]))).toHaveLength(240);
});

test('a new stream that looks like late packets is believed once it no longer does', () => {
  const first = [packetAt(5000), packetAt(5090)];
  const second = Array.from({ length: 100 }, (_, n) => other(n + 5020, n + 4980));
  const out = sequences(ordered([...first, ...second]));
  expect(out).toEqual([5000, 5090, ...Array.from({ length: 30 }, (_, n) => 5090 + n)]);
});

test('many packets lost at once are counted, and their time is kept', () => {
  const order = new PacketOrder();
  const steps = ordered([packetAt(0), packetAt(400)], order);
  expect(steps[1]).toEqual({ kind: 'restart', samples: 399 * 960 });
  expect(order.counts().lost).toBe(399);
});

test('what waits is given up when a packet comes that can no longer be a question of order', () => {
  const order = new PacketOrder();
  const waiting = [0, ...Array.from({ length: 13 }, (_, n) => n + 2)];
  for (const sequence of waiting) order.put(packetAt(sequence, { atMs: 0 }));
  const steps = order.put(packetAt(16, { atMs: 0 }));
  expect(sequences(steps)).toEqual(waiting.slice(1));
  expect(sequences(order.settle(Number.POSITIVE_INFINITY))).toEqual([16]);
});

/** A talker whose packets are late by 0 and `laterMs` in turn. */
function uneven(packets: number, laterMs: number, order = new PacketOrder()): PacketOrder {
  for (let n = 0; n < packets; n++) order.put(packetAt(n, { atMs: n * 20 + (n % 2) * laterMs }));
  return order;
}

/** Time that the next packet waits for a missing one. */
function waitOf(order: PacketOrder, next: number, atMs = next * 20): number {
  order.put(packetAt(next + 1, { atMs }));
  for (let waitMs = 0; waitMs < 200; waitMs += 10)
    if (order.settle(atMs + waitMs).length > 0) return waitMs;
  return Number.NaN;
}

test('packets that arrive unevenly by more than 25 ms are waited for up to 60 ms', () => {
  expect(waitOf(uneven(100, 10), 100)).toBe(40);
  expect(waitOf(uneven(100, 19), 100)).toBe(40);
  expect(waitOf(uneven(100, 30), 100)).toBe(60);
});

test('how unevenly packets arrive can be read once there are enough of them', () => {
  expect([20, 100].map((packets) => uneven(packets, 30).jitterMs)).toEqual([undefined, 30]);
});

test('a wait of 60 ms ends only when the packets have become clearly even again', () => {
  const order = uneven(100, 30);
  for (let n = 100; n < 300; n++) order.put(packetAt(n, { atMs: n * 20 + (n % 2) * 20 }));
  expect(waitOf(order, 300)).toBe(60);
  for (let n = 302; n < 500; n++) order.put(packetAt(n, { atMs: n * 20 + (n % 2) * 10 }));
  expect(waitOf(order, 500)).toBe(40);
});

test('a pause whose timestamps do not follow the clock is not taken for jitter', () => {
  const order = uneven(60, 0);
  const later = Array.from({ length: 60 }, (_, n) => packetAt(60 + n, { atMs: 4000 + n * 20 }));
  for (const packet of later) order.put(packet);
  expect(waitOf(order, 120, 5200)).toBe(40);
});

/** Fate of one packet in a long stream: the steps of sequence and clock, and the packets that arrive. */
const hop = fc.record({
  lostBefore: fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: 0, max: 0x7000 })),
  silentFrames: fc.oneof(fc.constant(0), fc.nat(20), fc.integer({ min: 0, max: 10_000_000 })),
  laterMs: fc.oneof(fc.constant(0), fc.nat(150)),
  times: fc.integer({ min: 1, max: 3 }),
  opus: fc.oneof(
    fc.constant(Uint8Array.of(0x78, 1, 2)),
    fc.constant(Uint8Array.of(0x78)),
    fc.constant(Uint8Array.of(0xfb, 6, 1)),
    fc.constant(Uint8Array.of(0x78, 0xfa, 0xfa)),
    fc.uint8Array({ maxLength: 3 }),
  ),
});

const nameOf = ({ sequence, timestamp }: Packet) => `${timestamp} ${sequence}`;

test('over wraps, losses, silences, doubles and delays: each packet at most once, in order, few held', () => {
  const start = fc.record({ sequence: fc.nat(0xffff), timestamp: fc.nat() });
  fc.assert(
    fc.property(start, fc.array(hop, { maxLength: 60 }), (from, hops) => {
      let [sequence, timestamp, atMs] = [from.sequence, from.timestamp, 0];
      const arrivals = hops.flatMap(({ lostBefore, silentFrames, laterMs, times, opus }) => {
        sequence += 1 + lostBefore;
        timestamp += (1 + lostBefore + silentFrames) * 960;
        atMs += (1 + lostBefore + silentFrames) * 20;
        const packet = { ...packetAt(sequence), timestamp: timestamp >>> 0, opus };
        return Array.from({ length: times }, (_, n) => ({ ...packet, atMs: atMs + laterMs + n }));
      });
      const order = new PacketOrder();
      const steps: OrderStep[] = [];
      for (const packet of arrivals.toSorted((a, b) => a.atMs - b.atMs)) {
        steps.push(...order.put(packet));
      }
      steps.push(...order.settle(Number.POSITIVE_INFINITY));
      const names = arrivals.map(nameOf);
      const passed = steps.flatMap((step) => (step.kind === 'packet' ? [step.packet] : []));
      const sentAs = passed.map((packet) => names.indexOf(nameOf(packet)));
      expect(sentAs).toEqual([...new Set(sentAs)].sort((a, b) => a - b));
      expect(steps.every(({ samples = 0 }) => samples >= 0)).toBe(true);
    }),
  );
});

test('over hours of 16-bit wraps every packet comes out once and every frame lost is counted', () => {
  const order = new PacketOrder();
  let [passed, sum] = [0, 0];
  const frames = 400_000;
  for (let n = 0; n < frames; n++) {
    if (n % 1000 === 500) continue;
    for (const step of order.put(packetAt(n))) {
      passed += step.kind === 'packet' ? 1 : 0;
      sum += step.samples ?? 0;
    }
  }
  expect(passed).toBe(frames - frames / 1000);
  expect(sum).toBe(frames * 960);
  expect(order.counts()).toEqual({ lost: frames / 1000, late: 0, duplicate: 0, reordered: 0 });
});
