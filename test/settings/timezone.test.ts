import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import {
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { openOwned } from '#test/fakes/opened-replies.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeRecapReply } from '#test/features/captions/answers/recap-reply.ts';

const g = toGuildId('g');
const adam = toPersonId('adam');

test('times are those of the zone that a server names, by a name that there is', async () => {
  const { settings, sessions } = openSessionFixture();
  expect(await settings.setSetting(g, 'timezone', 'Berlin')).toMatchObject({
    kind: 'bad',
  });
  expect(sessions.settings.getForGuild(g).timeZone).toBe('UTC');
  const set = await settings.setSetting(g, 'timezone', 'Europe/Berlin');
  expect(set).toMatchObject({ kind: 'set', value: 'Europe/Berlin' });
  expect(sessions.settings.getForGuild(g).timeZone).toBe('Europe/Berlin');
  expect(sessions.settings.getStyle(g).timeZone).toBe('Europe/Berlin');
});

test('transcripts, recaps and the time that is asked for are those of the zone of the server', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat(
    [[makeRecapReply({ text: 'They take five.', line: 1, words: 'five five' })]],
    clock,
  );
  const fixture = await openCaptioned({ chat }, clock);
  await fixture.settings.setSetting(g, 'timezone', 'Asia/Tokyo');
  await fixture.settings.setSetting(g, 'recap', 'on');
  for (let n = 0; n < 5; n++) await sayAll(fixture);
  const made = await fixture.transcriptFor.createFile(g, adam, { format: 'txt' });
  if (made.kind !== 'file') throw new Error('There is no transcript.');
  const transcript = await openOwned(made.transcript);
  expect(transcript?.file.text).toMatch(/Lounge, 2026-11-21\nAsia\/Tokyo\n\n\[01:2\d/);
  const tools = fixture.sessions.findSession(g)?.tools;
  expect(tools?.createPorts(adam).getSettings().timeZone).toBe('Asia/Tokyo');
  await fixture.sessions.leave(g);
  await passTime(fixture, 3_000);
  expect(fixture.captionChats.chat.texts.at(-1)).toMatch(
    /2026-11-21:\n.*\n01:2\d Adam: .* https:/,
  );
});
