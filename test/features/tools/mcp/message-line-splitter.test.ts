import { expect, test } from 'vitest';
import { countLines, MessageLineSplitter } from '#src/features/tools/mcp/message-line-splitter.ts';
import { fc } from '#test/properties.ts';

test('however a stream is cut into chunks, its lines are the same', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '👋', '\n', '{"x":1}'), { maxLength: 60 });
  const cuts = fc.array(fc.nat(200), { maxLength: 8 });
  fc.assert(
    fc.property(text, cuts, (pieces, at) => {
      const bytes = Buffer.from(pieces.join(''));
      const bounds = [0, ...at.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b)];
      const chunks = bounds.map((from, n) => bytes.subarray(from, bounds[n + 1] ?? bytes.length));
      const lines = new MessageLineSplitter(1_000);
      const got = chunks.flatMap((chunk) => lines.push(chunk) ?? ['too long']);
      expect(got).toEqual(pieces.join('').split('\n').slice(0, -1));
      expect(countLines(bytes)).toBe(got.length);
    }),
  );
});

test('a line that is too long is not taken, finished or not, in one chunk or in many', () => {
  const tooLong = Buffer.from(`${'x'.repeat(11)}\n`);
  expect(new MessageLineSplitter(10).push(tooLong)).toBeUndefined();
  const slowly = new MessageLineSplitter(10);
  const pieces = [...tooLong].map((byte) => slowly.push(Uint8Array.of(byte)));
  expect(pieces.slice(0, 10)).toEqual(Array(10).fill([]));
  expect(pieces[10]).toBeUndefined();
  expect(new MessageLineSplitter(10).push(Buffer.from('0123456789\n'))).toEqual(['0123456789']);
});
