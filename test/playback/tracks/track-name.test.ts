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
])('a track called %j is shown as %j', (typed, shown) => {
  expect(normaliseTrackName(typed)).toBe(shown);
  expect(normaliseTrackName(shown)).toBe(shown);
});

test.each([
  ['rain', 'rain 2'],
  ['ab', 'a b'],
  ['ısı', 'isi'],
  ['雨', '雪'],
  ['e', 'é'],
])('%j and %j are two tracks', (one, other) => {
  expect(toTrackKey(one)).not.toBe(toTrackKey(other));
});

test('letters that Unicode folds to one are one letter in a name, in each of its 1.1 million places', () => {
  const apart: string[] = [];
  for (let place = 0; place < 0x11_00_00; place++) {
    const letter = String.fromCodePoint(place);
    const cases = [letter.toLowerCase(), letter.toUpperCase()].filter(
      (other) => other !== letter,
    );
    // With the flags i and u, ECMAScript compares by the simple case folding of Unicode.
    const isOne = (other: string) =>
      new RegExp(`^\\u{${place.toString(16)}}$`, 'iu').test(other);
    if (cases.some((other) => isOne(other) && toTrackKey(letter) !== toTrackKey(other)))
      apart.push(letter);
  }
  expect(apart).toEqual([]);
});
