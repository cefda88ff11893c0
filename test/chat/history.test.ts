import { expect, test } from 'vitest';
import { openHistory } from '#src/chat/history.ts';

const contents = (history: ReturnType<typeof openHistory>) =>
  history.messages().map(({ content }) => content);

test('a history tells who said what, and what of the answers was heard', () => {
  const history = openHistory();
  history.addUser('Ana', ' hello ');
  history.addAssistant('Hi Ana,');
  history.addUser('Ben', '');
  history.addAssistant(' ');
  expect(history.messages()).toEqual([
    { role: 'user', name: 'Ana', content: 'hello' },
    { role: 'assistant', content: 'Hi Ana,' },
  ]);
});

test('the oldest items are forgotten first', () => {
  const history = openHistory({ items: 2, characters: 100 });
  for (const word of ['one', 'two', 'three']) history.addUser('Ana', word);
  expect(contents(history)).toEqual(['two', 'three']);
});

test('characters count as well as items', () => {
  const history = openHistory({ items: 10, characters: 10 });
  for (const word of ['aaaa', 'bbbb', 'cccc']) history.addUser('Ana', word);
  expect(contents(history)).toEqual(['bbbb', 'cccc']);
  history.addUser('Ana', 'a speech far too long');
  expect(contents(history)).toEqual(['r too long']);
});

test('what was handed out is not changed by what is said later', () => {
  const history = openHistory();
  history.addUser('Ana', 'one');
  const before = history.messages();
  history.addUser('Ana', 'two');
  expect(before).toHaveLength(1);
});
