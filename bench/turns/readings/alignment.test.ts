import { expect, test } from 'vitest';
import { aligned, writtenWords } from './alignment.ts';

test('words keep the mark that follows them', () => {
  expect(writtenWords('Feed\'st thy light\'s flame, so: "now"?')).toEqual([
    { text: "feed'st", mark: '' },
    { text: 'thy', mark: '' },
    { text: "light's", mark: '' },
    { text: 'flame', mark: ',' },
    { text: 'so', mark: ':' },
    { text: 'now', mark: '?' },
  ]);
});

test('a pause falls between words, at a mark rather than where letters alone would have it', () => {
  const words = aligned(writtenWords('after the long rain, we went home'), [
    [0, 900],
    [1400, 2200],
  ]);
  expect(words.map(([text]) => text).join(' ')).toBe('after the long rain we went home');
  expect(words[3]).toEqual(['rain', expect.any(Number), 900]);
  expect(words[4]?.[1]).toBe(1400);
  expect(words.at(-1)?.[2]).toBe(2200);
});

test('a short closure may be inside a word, and no word begins in a pause', () => {
  const words = aligned(writtenWords('extraordinary'), [
    [0, 300],
    [420, 700],
  ]);
  expect(words).toEqual([['extraordinary', 0, 700]]);
});
