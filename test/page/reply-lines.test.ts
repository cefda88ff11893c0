import { countCaptionLines } from '#page/room/captions.js';
import { layOutReply } from '#page/room/reply-lines.js';

test('a short reply stands whole', () => {
  expect(layOutReply('one\ntwo')).toEqual({
    open: [{ text: 'one' }, { text: 'two' }],
    folded: [],
    end: [],
  });
});

test('a long list is folded after three lines, and the sentence that ends it stays in sight', () => {
  const checks = ['permission', 'link', 'decode', 'recognise', 'speak'];
  const { open, folded, end } = layOutReply(
    [...checks.map((name) => `${name}: ok, well`), 'All good.'].join('\n'),
  );
  expect([...open, ...folded].map(({ text, value }) => [text, value])).toEqual(
    checks.map((name) => [name, 'ok, well']),
  );
  expect([open.length, end]).toEqual([3, [{ text: 'All good.' }]]);
});

test('the value of a setting is told apart from its question', () => {
  expect(layOutReply('Which voice? **the engine’s own**').open).toEqual([
    { text: 'Which voice?', value: '**the engine’s own**' },
  ]);
});

test.for([
  ['**Nova** It is noon.\n*[music: rain]*', 2],
  ['**Adam** hello\n-# hallo', 2],
  ['Captions on.\n**Nova** speaks', 0],
  ['**Hello** <@1>, see `/help`', 0],
  ['It is noon.', 0],
] as const)('%j has %i lines of captions', ([text, count]) => {
  expect(countCaptionLines(text, ['Nova', 'Adam'])).toBe(count);
});
