import { cutSpeech } from '#src/speech/local/process/piper.ts';

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
])('"%s" is spoken in pieces, the first of them short', (words, pieces) =>
  expect(cutSpeech(words, 1)).toEqual(pieces),
);

test('no piece is longer than 200 letters, or half of that at half the pace, and no word is lost', () => {
  const words = `${'lorem ipsum '.repeat(60)}dolor, ${'sit amet, '.repeat(60)}${'x'.repeat(900)}`;
  for (const [pace, limit] of [
    [1, 200],
    [2, 100],
    [0.5, 200],
  ] as const) {
    const pieces = cutSpeech(words, pace);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(limit);
    expect(pieces.join('').replaceAll(' ', '')).toBe(words.replaceAll(' ', ''));
  }
});
