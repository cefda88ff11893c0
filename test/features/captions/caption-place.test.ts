import {
  listKept,
  openCaptioned,
  sayAll,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import { eva, passTime } from '#test/conversation/setup/session-fixture.ts';

test('a captions place that is taken away is reported once, and the transcript goes on', async () => {
  const fixture = await openCaptioned();
  fixture.captionChats.chat.refuses = () => ({ kind: 'forbidden' });
  await sayAll(fixture);
  await sayAll(fixture);
  await passTime(fixture, 40_000);
  expect(
    fixture.written.filter((text) => text.includes('write captions')),
  ).toHaveLength(1);
  expect(await listKept(fixture)).toHaveLength(2);
});

test('captions whose place was taken away are shown again when they are turned on again', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  const { chat } = fixture.captionChats;
  chat.refuses = () => ({ kind: 'chat-gone' });
  await sayAll(fixture);
  chat.refuses = undefined;
  await turnCaptionsOn(fixture);
  await sayAll(fixture, eva);
  expect(fixture.captionChats.chat.lines.at(-1)).toBe('**Eva** five five');
  const lines = await listKept(fixture);
  expect(lines.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(new Set(lines.map(({ sessionId }) => sessionId)).size).toBe(1);
});
