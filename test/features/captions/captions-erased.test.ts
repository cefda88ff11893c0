import {
  listKept,
  openCaptioned,
  sayAll,
} from '#test/conversation/setup/captioned-session.ts';
import { eva, makePerson, passTime } from '#test/conversation/setup/session-fixture.ts';

test('a no takes the lines of this session away, on disk and in the chat', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  await sayAll(fixture, eva);
  await fixture.privacy.deny('g', 'adam');
  await passTime(fixture, 1_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Eva** five five']);
  expect(await listKept(fixture)).toMatchObject([{ speaker: { name: 'Eva' } }]);
});

test('a message of captions that somebody deletes takes its lines along', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  const [line] = await listKept(fixture);
  fixture.captionChats.deleteMessages(line?.post?.messageId ?? '');
  await passTime(fixture, 500);
  expect(await listKept(fixture)).toEqual([]);
  await sayAll(fixture, eva);
  expect(await listKept(fixture)).toMatchObject([{ speaker: { name: 'Eva' } }]);
});

test('people who come in later find the notice again, below what was said', async () => {
  const fixture = await openCaptioned();
  const { chat } = fixture.captionChats;
  const before = chat.texts.length;
  fixture.linkOpener.link.present.push(makePerson('Ben'));
  await passTime(fixture, 500);
  await passTime(fixture, 500);
  expect(chat.texts.slice(before)).toEqual([chat.texts[0]]);
});
