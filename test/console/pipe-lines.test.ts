import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { pipeLines } from '#src/console/prompt/prompt.ts';

const never = new AbortController().signal;

test('lines come whole, however the pipe cuts them, and the last needs no end', async () => {
  const bytes = Buffer.from('one\r\ntwo é\n\nthree');
  const source = Readable.from([...bytes].map((byte) => Buffer.of(byte)));
  const lines = await Array.fromAsync(pipeLines(source, never));
  expect(lines.map((line) => line.trim())).toEqual(['one', 'two é', '', 'three']);
});

test('a line without an end is cut, and takes no memory', async () => {
  const source = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(10_000, 'a')));
  const [line] = await Array.fromAsync(pipeLines(source, never));
  expect(line).toHaveLength(16_000);
});
