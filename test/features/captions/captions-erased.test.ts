import { expect, test } from 'vitest';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import { eva, pass } from '#test/conversation/setup/session-fixture.ts';

test('a no takes the lines of this session away, on disk and in the chat', async () => {
  const fixture = await captioned();
  await says(fixture);
  await says(fixture, eva);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 1_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Eva** five five']);
  expect((await kept(fixture)).map(({ speaker }) => speaker.name)).toEqual(['Eva']);
});

test('a message of captions that somebody deletes takes its lines along', async () => {
  const fixture = await captioned();
  await says(fixture);
  const [line] = await kept(fixture);
  fixture.captionChats.deleted(line?.post?.messageId ?? '');
  await pass(fixture, 500);
  expect(await kept(fixture)).toEqual([]);
  await says(fixture, eva);
  expect((await kept(fixture)).map(({ speaker }) => speaker.name)).toEqual(['Eva']);
});

test('people who come in later find the notice again, below what was said', async () => {
  const fixture = await captioned();
  const { chat } = fixture.captionChats;
  const before = chat.texts.length;
  fixture.linkOpener.link.present.push({ id: 'ben', name: 'Ben', isBot: false, roleIds: [] });
  await pass(fixture, 500);
  await pass(fixture, 500);
  expect(chat.texts.slice(before)).toEqual([chat.texts[0]]);
});
