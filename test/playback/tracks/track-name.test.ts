import { expect, test } from 'vitest';
import { objectionToName, trackKey, trackName } from '#src/playback/tracks/track-name.ts';

const family = '👨‍👩‍👧‍👦';

test.each([
  ['  Rainy \t\r\n Day\u2028', 'Rainy Day'],
  ['a\u3000\u00a0b', 'a b'],
  ['Cafe\u0301', 'Café'],
  ['\u202enoisy\u200b\ufeff\u0000\u001b[31m', 'noisy[31m'],
  ['\ud800', '\ufffd'],
  [`${family} ❤️`, `${family} ❤️`],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['<@1> **b** @everyone', '<@1> **b** @everyone'],
  [' Voice', 'voice'],
  ['A\u200bLL', 'all'],
])('a track called %j is shown as %j', (typed, shown) => {
  expect(trackName(typed)).toBe(shown);
  expect(trackName(shown)).toBe(shown);
});

test.each([
  ['Rain', ' rain '],
  ['STRASSE', 'Straße'],
  ['ẞ', 'ß'],
  ['ΟΔΟΣ', 'οδος'],
  ['Ꭰ', 'ꭰ'],
  ['İ', 'i\u0307'],
  ['Cafe\u0301', 'CAFÉ'],
  ['❤️', '❤'],
  ['می\u200cخواهم', 'میخواهم'],
])('%j and %j are one track', (one, other) => {
  expect(trackKey(one)).toBe(trackKey(other));
});

test.each([
  ['rain', 'rain 2'],
  ['ab', 'a b'],
  ['ısı', 'isi'],
  ['雨', '雪'],
  ['e', 'é'],
])('%j and %j are two tracks', (one, other) => {
  expect(trackKey(one)).not.toBe(trackKey(other));
});

test('letters that Unicode folds to one are one letter in a name, in each of its 1.1 million places', () => {
  const apart: string[] = [];
  for (let place = 0; place < 0x11_00_00; place++) {
    const letter = String.fromCodePoint(place);
    const cases = [letter.toLowerCase(), letter.toUpperCase()].filter((other) => other !== letter);
    // With the flags i and u, ECMAScript compares by the simple case folding of Unicode.
    const isOne = (other: string) => new RegExp(`^\\u{${place.toString(16)}}$`, 'iu').test(other);
    if (cases.some((other) => isOne(other) && trackKey(letter) !== trackKey(other)))
      apart.push(letter);
  }
  expect(apart).toEqual([]);
});

test.each([
  'a',
  'x'.repeat(40),
  '🎸'.repeat(40),
  'é'.repeat(40),
  '雨'.repeat(40),
  `${'नि'.repeat(40)}`,
  family.repeat(9),
  'two words',
  '@everyone',
  'a/b?c#d%41',
  '..a',
  '-',
  '7',
])('a track may be called %j', (name) => {
  expect(objectionToName(trackName(name))).toBeUndefined();
});

test.each([
  '',
  ' \n ',
  '\u200d\ufe0f',
  '\u3164',
  '\u2800',
  '.',
  '..',
  '…',
  'x'.repeat(41),
  '雨'.repeat(41),
  family.repeat(10),
  `a${'\u0301'.repeat(101)}`,
])('no track is called %j', (name) => {
  expect(objectionToName(trackName(name))).toEqual({ kind: 'bad-name' });
});

test.each(['voice', 'Cues', ' ALL ', 'vo\u200dice'])('%j is a name of the bot itself', (name) => {
  expect(objectionToName(trackName(name))).toEqual({ kind: 'reserved' });
});
