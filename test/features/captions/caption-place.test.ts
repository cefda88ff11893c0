import { expect, test } from 'vitest';
import { captioned, kept, says, turnOn } from '#test/conversation/setup/captioned.ts';
import { eva, pass } from '#test/conversation/setup/session-fixture.ts';

test('a place that is taken away is told of once, and what is said is kept all the same', async () => {
  const fixture = await captioned();
  fixture.captionChats.chat.refuses = () => ({ kind: 'forbidden' });
  await says(fixture);
  await says(fixture);
  await pass(fixture, 40_000);
  expect(fixture.written.filter((text) => text.includes('write captions'))).toHaveLength(1);
  expect(await kept(fixture)).toHaveLength(2);
});

test('captions whose place was taken away are shown again when they are turned on again', async () => {
  const fixture = await captioned();
  await says(fixture);
  const { chat } = fixture.captionChats;
  chat.refuses = () => ({ kind: 'chat-gone' });
  await says(fixture);
  chat.refuses = undefined;
  await turnOn(fixture);
  await says(fixture, eva);
  expect(fixture.captionChats.chat.lines.at(-1)).toBe('**Eva** five five');
  const lines = await kept(fixture);
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(new Set(lines.map(({ sessionId }) => sessionId)).size).toBe(1);
});
