import { expect, test } from 'vitest';
import { clausesOf } from '#src/conversation/output/read-aloud.ts';
import { lineToRead } from '#src/features/typed/chat-read-aloud.ts';

const words = { link: 'link', code: 'code' };

test.each([
  ['See https://example.org/a?b=c, please.', 'See link, please.'],
  ['<https://example.org> and www.example.org', 'link and link'],
  ['[the plan](https://example.org/plan) is here', 'the plan is here'],
  ['Run `npm test` or\n```js\na || b || c\n```', 'Run code or code'],
  ['An open ```fence stays code', 'An open code'],
  ['It was ||the butler|| again', 'It was again'],
  ['||All|| of ||it||', 'of'],
  ['either || or', 'either or'],
  ['||https://example.org||', ''],
  ['**Bold** _and_ <:smile:123456789012345678> plain 🎉', 'Bold and plain'],
  ['🎉', ''],
  ['', ''],
])('%j is read as %j', (text, read) => {
  expect(clausesOf(lineToRead(text, words)).join(' ')).toBe(read);
});

test('a long line is read for 300 characters', () => {
  const read = lineToRead('word '.repeat(400), words);
  expect([...read]).toHaveLength(300);
  expect(read).toMatch(/…$/);
  expect(lineToRead('🎉'.repeat(400), words).isWellFormed()).toBe(true);
});
