import { expect, test } from 'vitest';
import { UnheardPackets } from '#src/people/unheard-packets.ts';

const header = { speakerId: 'eva', ssrc: 7 };

/** Packet at which enough had arrived, from 1; undefined: at none. */
function enoughAt(
  headers: readonly (readonly [atMs: number, sequence: number, ssrc?: number])[],
  packets = new UnheardPackets(),
): number | undefined {
  const at = headers.findIndex(([atMs, sequence, ssrc = 7]) =>
    packets.add({ ...header, atMs, sequence, ssrc }),
  );
  return at < 0 ? undefined : at + 1;
}

/** One packet each `everyMs`. */
const stream = (count: number, everyMs = 20, from = 0) =>
  Array.from({ length: count }, (_, n) => [n * everyMs, (from + n) & 0xffff] as const);

test('packets of 5 s are enough, where they come within 10 s, also when the sequence wraps', () => {
  expect(enoughAt(stream(300))).toBe(250);
  expect(enoughAt(stream(300, 20, 65_500))).toBe(250);
  expect(enoughAt(stream(300, 40))).toBe(250);
  expect(enoughAt(stream(249))).toBeUndefined();
});

test('who talks less than half of the time is not enough, however long', () => {
  expect(enoughAt(stream(10_000, 41))).toBeUndefined();
});

test('packets that are sent again, or come late, do not count', () => {
  const replayed = Array.from({ length: 5_000 }, (_, n) => [n * 2, n % 200] as const);
  expect(enoughAt(replayed)).toBeUndefined();
  const twice = stream(249).flatMap((one) => [one, one]);
  expect(enoughAt(twice)).toBeUndefined();
});

test('a new source of the same person counts on', () => {
  const first = stream(200, 20, 40_000);
  const second = stream(50).map(([atMs, sequence]) => [4_000 + atMs, sequence, 8] as const);
  expect(enoughAt([...first, ...second])).toBe(250);
});

test('who is forgotten, or not kept, begins anew, and others count apart', () => {
  const packets = new UnheardPackets();
  expect(enoughAt(stream(200), packets)).toBeUndefined();
  packets.forget('eva');
  expect(enoughAt(stream(249), packets)).toBeUndefined();
  packets.keep(new Set(['ben']));
  expect(enoughAt(stream(249), packets)).toBeUndefined();
  expect(packets.add({ ...header, speakerId: 'ben', atMs: 5_000, sequence: 1 })).toBe(false);
  expect(packets.add({ ...header, atMs: 5_000, sequence: 300 })).toBe(true);
});

test('a hundred people are counted at a time', () => {
  const packets = new UnheardPackets();
  for (let n = 0; n < 100; n++)
    packets.add({ ...header, speakerId: `p${n}`, atMs: 0, sequence: 0 });
  expect(enoughAt(stream(300), packets)).toBeUndefined();
  packets.forget('p0');
  expect(enoughAt(stream(300), packets)).toBe(250);
});
