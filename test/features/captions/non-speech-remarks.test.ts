import { expect, test } from 'vitest';
import { kept, turnOn } from '#test/conversation/setup/captioned.ts';
import { pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { byAdam, openSetup, play } from '#test/conversation/setup/tracks-fixture.ts';

const lines = ({ captionChats }: SessionFixture) => captionChats.chat.lines;
const radio = { sound: 'https://sounds.example/live' };

test('music has a line at its beginning, a short sound has none, and no transcript has it', async () => {
  const fixture = await openSetup();
  await turnOn(fixture);
  await play(fixture, byAdam);
  await pass(fixture, 11_000);
  expect(lines(fixture)).toEqual([]);
  await play(fixture, byAdam, radio);
  await pass(fixture, 500);
  expect(lines(fixture)).toEqual(['*\\[music: radio\\]*']);
  expect(await kept(fixture)).toEqual([]);
});
