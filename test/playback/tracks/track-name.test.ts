import { normaliseTrackName, toTrackKey } from '#src/playback/tracks/named-track.ts';

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
])('a track called %j is shown as %j', (typed, shownText) => {
  expect(normaliseTrackName(typed)).toBe(shownText);
  expect(normaliseTrackName(shownText)).toBe(shownText);
});

test.each([
  ['rain', 'rain 2'],
  ['ab', 'a b'],
  ['ısı', 'isi'],
  ['雨', '雪'],
  ['e', 'é'],
])('%j and %j are two tracks', (text, otherText) => {
  expect(toTrackKey(text)).not.toBe(toTrackKey(otherText));
});

test('letters that Unicode folds to one are one letter in a name, in each of its 1.1 million places', () => {
  const apart: string[] = [];
  for (let index = 0; index < 0x11_00_00; index++) {
    const letter = String.fromCodePoint(index);
    const cases = [letter.toLowerCase(), letter.toUpperCase()].filter(
      (otherText) => otherText !== letter,
    );
    // With the flags i and u, ECMAScript compares by the simple case folding of Unicode.
    const isOne = (otherText: string) =>
      new RegExp(`^\\u{${index.toString(16)}}$`, 'iu').test(otherText);
    if (
      cases.some(
        (otherCase) => isOne(otherCase) && toTrackKey(letter) !== toTrackKey(otherCase),
      )
    )
      apart.push(letter);
  }
  expect(apart).toEqual([]);
});
