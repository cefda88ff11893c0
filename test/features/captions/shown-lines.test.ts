import { expect, test } from 'vitest';
import { ShownLines } from '#src/features/captions/caption-messages.ts';
import { line } from '#test/features/captions/live/captioned.ts';

const isShown = () => true;

test('the words of a line count as shown from the first time on, also before it was over', () => {
  const lines = new ShownLines();
  lines.put(line(1, 'Ana', 'one two', { state: 'whole' }));
  expect(lines.shown(isShown, 300)).toEqual([]);
  lines.put(line(1, 'Ana', 'one two'));
  expect(lines.shown(isShown, 900)).toEqual([{ number: 1, atMs: 300 }]);
  expect(lines.shown(isShown, 1_000)).toEqual([]);
});

test('words of somebody who went on are counted anew, and a line is told when it is shown', () => {
  const lines = new ShownLines();
  lines.put(line(1, 'Ana', 'one', { state: 'whole' }));
  lines.shown(isShown, 300);
  lines.put(line(1, 'Ana', 'one two', { state: 'partial' }));
  lines.put(line(1, 'Ana', 'one two three'));
  expect(lines.shown(() => false, 900)).toEqual([]);
  expect(lines.shown(isShown, 1_200)).toEqual([{ number: 1, atMs: 1_200 }]);
});
