import { expect, test } from 'vitest';
import { text } from '#src/texts/texts.ts';

test('words are filled in where the sentence names them', () => {
  expect(text('join.ok', { channel: 'Lounge' })).toBe('In Lounge. Just talk to me.');
});

test('a word that was left out stays visible', () => {
  expect(text('join.ok')).toBe('In {channel}. Just talk to me.');
});

test('words that look like places are not filled again', () => {
  expect(text('join.ok', { channel: '{channel}' })).toBe('In {channel}. Just talk to me.');
});
