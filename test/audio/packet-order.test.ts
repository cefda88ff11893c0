import type { Packet } from '#src/audio/jitter-buffer.ts';
import { JitterBuffer, type OrderedPacket } from '#src/audio/jitter-buffer.ts';
import { fc } from '#test/properties.ts';
import { makePacket } from './make-packet.ts';

function orderPackets(packets: readonly Packet[], order = new JitterBuffer()) {
  const passed = packets.flatMap((packet) => order.addPacket(packet));
  return [...passed, ...order.releaseOverdue(Infinity)];
}

test('a packet waits 60 ms for one before it, and not longer', () => {
  const order = new JitterBuffer();
  order.addPacket(makePacket(0));
  expect(order.addPacket(makePacket(2, { atMs: 100 }))).toEqual([]);
  expect(order.releaseOverdue(159)).toEqual([]);
  expect(order.releaseOverdue(160)).toEqual([
    {
      packet: makePacket(2, { atMs: 100 }),
      samples: 960,
      gap: { lost: 960, silent: 0, isRestart: false },
    },
  ]);
});

test.each([
  ['more frames are lost than can be filled', makePacket(7)],
  ['the timestamp goes back', makePacket(1, { timestamp: 0xffff_0000 })],
  [
    'the timestamp jumps by more than a minute',
    makePacket(1, { timestamp: 61 * 48_000 }),
  ],
  ['the sequence leaps', makePacket(1000)],
  [
    'the sequence falls back by more than two seconds',
    makePacket(60_000, { timestamp: 5 }),
  ],
])('the stream starts anew when %s', (_, packet) => {
  const restarts = orderPackets([makePacket(0), packet]).map(
    ({ gap }) => gap?.isRestart,
  );
  expect(restarts).toEqual([undefined, true]);
});

test('padding by the dozen between two packets is no sound, no loss and no other stream', () => {
  const padding = Array.from({ length: 50 }, (_, n) =>
    makePacket(1 + n, { opus: new Uint8Array(0), timestamp: 0 }),
  );
  const voice = makePacket(51, { timestamp: 2 * 960 });
  const order = new JitterBuffer();
  expect(orderPackets([makePacket(0), ...padding, voice], order)).toEqual([
    { packet: makePacket(0), samples: 960 },
    {
      packet: voice,
      samples: 960,
      gap: { lost: 0, silent: 960, isRestart: false },
    },
  ]);
  order.addPacket(makePacket(53, { timestamp: 3 * 960 }));
  expect(order.addPacket(makePacket(52, { opus: new Uint8Array(0) }))).toHaveLength(1);
});

/** Fate of one packet in a long stream: the steps of sequence and clock, and the packets that arrive. */
const hop = fc.record({
  lostBefore: fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: 0, max: 0x7000 })),
  silentFrames: fc.oneof(
    fc.constant(0),
    fc.nat(20),
    fc.integer({ min: 0, max: 10_000_000 }),
  ),
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
      const arrivals = hops.flatMap(({ laterMs, times, opus, ...voice }) => {
        const isPadding = opus.length === 0;
        const { lostBefore, silentFrames } = isPadding
          ? { lostBefore: 0, silentFrames: 0 }
          : voice;
        sequence += 1 + lostBefore;
        if (!isPadding) timestamp += (1 + lostBefore + silentFrames) * 960;
        atMs += (1 + lostBefore + silentFrames) * 20;
        const packet = { ...makePacket(sequence), timestamp: timestamp >>> 0, opus };
        return Array.from({ length: times }, (_, n) => ({
          ...packet,
          atMs: atMs + laterMs + n,
        }));
      });
      const order = new JitterBuffer();
      const passed: OrderedPacket[] = [];
      for (const packet of arrivals.toSorted((a, b) => a.atMs - b.atMs)) {
        passed.push(...order.addPacket(packet));
      }
      passed.push(...order.releaseOverdue(Infinity));
      const names = arrivals.map(nameOf);
      const sentAs = passed.map(({ packet }) => names.indexOf(nameOf(packet)));
      expect(sentAs).toEqual([...new Set(sentAs)].sort((a, b) => a - b));
      const lengths = passed.flatMap(({ samples, gap }) => [
        samples,
        gap?.lost ?? 0,
        gap?.silent ?? 0,
      ]);
      expect(lengths.every((length) => length >= 0)).toBe(true);
    }),
  );
});
