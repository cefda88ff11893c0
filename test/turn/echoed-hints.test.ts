import { isHallucination } from '#src/turn/hallucinations.ts';

const spoken = {
  voicedMs: 900,
  spanMs: 1_000,
  meanProbability: 0.9,
  peakProbability: 0.99,
};
const faint = { ...spoken, voicedMs: 120, spanMs: 200, meanLevelDb: -54 };
const hints = ['Nova', 'Ana', 'Ben Miller'];

test.each([
  ['Nova, Ana, Ben Miller.', spoken, true],
  ['Nova.', faint, true],
  ['Ana, Ben', faint, true],
  ['Nova!', spoken, false],
  ['Ana, Ben', spoken, false],
  ['Nova, what time is it?', spoken, false],
  ['Nova, what time is it?', faint, false],
])(
  '"%s" of a recogniser that was told these names, with %j, is an echo: %s',
  (text, heard, is) => expect(isHallucination(text, heard, hints)).toBe(is),
);

test('without hints no name is an echo', () =>
  expect(isHallucination('Ana, Ben', faint)).toBe(false));
