import { EnglishPhonemes } from '#src/speech/local/english/phonemes.ts';
import { getModelFolder } from '#src/speech/local/folders.ts';
import { cutSounds, cutSpeech } from '#src/speech/local/voices/cut-speech.ts';

test.each([
  ['Yes, of course.', ['Yes, of course.']],
  [
    'As far as I can see, the train to the city leaves at nine. It is late! Run',
    [
      'As far as I can see,',
      'the train to the city leaves at nine.',
      'It is late!',
      'Run',
    ],
  ],
  [
    'The train to the city leaves from platform nine and the bus from the market.',
    ['The train to the city leaves from platform nine', 'and the bus from the market.'],
  ],
])('"%s" is spoken in pieces, the first of them short', (text, pieces) =>
  expect(cutSpeech(text, 1)).toEqual(pieces),
);

test('no piece is longer than 200 letters, or half of that at half the pace, and no word is lost', () => {
  const text = `${'lorem ipsum '.repeat(60)}dolor, ${'sit amet, '.repeat(60)}${'x'.repeat(900)}`;
  for (const [pace, limit] of [
    [1, 200],
    [2, 100],
    [0.5, 200],
  ] as const) {
    const pieces = cutSpeech(text, pace);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(limit);
    expect(pieces.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  }
});

const phonemes = await EnglishPhonemes.open(getModelFolder('g2p-english'));
const usualPieces = [
  'As far as I can see,',
  'The train to the city leaves from platform nine and the bus from the market.',
  'The other one sleeps near the old river bank and the children play in the garden until the evening comes and all of them go home.',
];

test.each(usualPieces)('the sounds of "%s" are spoken in one piece', (piece) => {
  const ipa = phonemes.toIpa(piece);
  expect(cutSounds(ipa, 1)).toEqual([ipa]);
});

test.each([
  ['letters that are spelt', 'WWWWW '.repeat(33)],
  ['letters with commas', 'WW, '.repeat(40)],
  ['one word', 'ow'.repeat(100)],
  ['words without a stop', 'through thousands of strengths '.repeat(6)],
])('a piece of %s has at most the sounds of 8 s, at each pace', (_, text) => {
  const ipa = phonemes.toIpa(text);
  for (const pace of [0.5, 1, 2]) {
    const pieces = cutSounds(ipa, pace);
    // 25 sounds of letters that are spelt take a second at least.
    expect(Math.max(...pieces.map((part) => part.length))).toBeLessThanOrEqual(
      (8 * 25) / pace,
    );
    expect(pieces.join('').replaceAll(' ', '')).toBe(ipa.replaceAll(' ', ''));
  }
});
