import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import {
  adam,
  den,
  lounge,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';

/** A channel of another server. */
const cellar: ChannelRef = {
  guildId: toGuildId('h'),
  channelId: toChannelId('cellar'),
  name: 'Cellar',
};

test('a process that is late joins no further channel, says so, and serves those that it has', async () => {
  let isOverloaded = true;
  const fixture = openSessionFixture({ isOverloaded: () => isOverloaded }, [adam]);
  const { sessions } = fixture;
  // Without a channel nothing is served that could stutter.
  expect(await sessions.join(lounge, adam.id)).toMatchObject({ kind: 'joined' });
  await passTime(fixture, 200);
  expect(await sessions.join(cellar, adam.id)).toEqual({ kind: 'overloaded' });
  expect(await sessions.enterUncalled(cellar)).toBeUndefined();
  expect(sessions.at(cellar.guildId)).toBeUndefined();
  // Another channel of the same server takes the place of the former one.
  fixture.linkOpener.people.splice(0);
  await sessions.leave(lounge.guildId);
  expect(await sessions.join(den, adam.id)).toMatchObject({ kind: 'joined' });
  isOverloaded = false;
  expect(await sessions.join(cellar, adam.id)).toMatchObject({ kind: 'joined' });
});
