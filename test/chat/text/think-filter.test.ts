import { expect, test } from 'vitest';
import { ThinkFilter } from '#src/chat/completions/think-filter.ts';
import { fc } from '#test/properties.ts';

function shown(...pieces: string[]): string {
  const filter = new ThinkFilter();
  return pieces.map((piece) => filter.push(piece)).join('') + filter.flush();
}

test('what a model thinks is not shown, wherever its tags are split', () => {
  const written = '<think>Hm, a < b.</think>\n\nIt is <b>four</b>. <THINKING>more</THINKING>Bye.';
  for (let at = 0; at <= written.length; at++) {
    expect(shown(written.slice(0, at), written.slice(at))).toBe('It is <b>four</b>. Bye.');
  }
});

test('the pieces in which a text comes do not change what is shown of it', () => {
  const piece = fc.constantFrom(
    '<think>',
    '</think>',
    '<',
    '</th',
    'ink>',
    ' ',
    '\n',
    'a',
    'think',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      expect(shown(...pieces)).toBe(shown(pieces.join('')));
    }),
  );
});

test('text is shown at once unless it could still become a tag', () => {
  const filter = new ThinkFilter();
  expect(filter.push('Two <')).toBe('Two ');
  expect(filter.push(' three')).toBe('< three');
});

test('a thought that is never closed is never shown', () => {
  expect(shown('Well. <think>I should')).toBe('Well. ');
});

test('a closing tag without an opening one loses only itself', () => {
  expect(shown('so</think> four')).toBe('sofour');
});
