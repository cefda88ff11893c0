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

test('packets from before a person is forgotten do not count', () => {
  const packets = new UnheardPackets();
  const forgets = [() => {}, () => packets.forget('eva'), () => packets.keep(new Set(['ben']))];
  for (const [n, forget] of forgets.entries()) {
    forget();
    expect(enoughAt(stream(249, 20, 249 * n), packets)).toBeUndefined();
  }
});

test('of more than a hundred people at once no more are counted', () => {
  const packets = new UnheardPackets();
  for (let n = 0; n < 100; n++) packets.add({ speakerId: `p${n}`, ssrc: n, sequence: 0, atMs: 0 });
  expect(enoughAt(stream(300), packets)).toBeUndefined();
});
