import {
  listKept,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import {
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import {
  byAdam,
  openSetup,
  playSound,
} from '#test/conversation/setup/tracks-fixture.ts';

const listLines = ({ captionChats }: SessionFixture) => captionChats.chat.lines;
const radio = { sound: 'https://sounds.example/live' };

test('music has a line at its beginning, a short sound has none, and no transcript has it', async () => {
  const fixture = await openSetup();
  await turnCaptionsOn(fixture);
  await playSound(fixture, byAdam);
  await passTime(fixture, 11_000);
  expect(listLines(fixture)).toEqual([]);
  await playSound(fixture, byAdam, radio);
  await passTime(fixture, 500);
  expect(listLines(fixture)).toEqual(['*\\[music: radio\\]*']);
  expect(await listKept(fixture)).toEqual([]);
});
