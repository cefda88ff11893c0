import { splitHeardText } from '#page/room/heard-text.js';
import { fc } from '#test/properties.ts';

test.for([
  ['one two three', 'one two', 'one two', 'three'],
  ['one two three', 'one two three', 'one two three', ''],
  ['one  two\nthree', 'one two', 'one  two', 'three'],
  ['one two', '', '', 'one two'],
  ['eins zwei', 'one', 'one', ''],
])(
  'of %j, heard as far as %j, the rest is apart',
  ([text, heardText, heard, unheard]) => {
    expect(splitHeardText(text ?? '', heardText ?? '')).toEqual({ heard, unheard });
  },
);

test('no word of an answer is lost or doubled by the cut', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,4}$/)), fc.nat(), (words, at) => {
      const end = at % (words.length + 1);
      const { heard, unheard } = splitHeardText(
        words.join(' '),
        words.slice(0, end).join(' '),
      );
      expect(`${heard} ${unheard}`.trim()).toBe(words.join(' '));
    }),
  );
});

test('an answer that was cut before a comma is cut there, too', () => {
  expect(splitHeardText('One, two, three.', 'One, two')).toEqual({
    heard: 'One, two,',
    unheard: 'three.',
  });
});
