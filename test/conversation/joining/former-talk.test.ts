import { toPersonId } from '#src/base/ids.ts';
import {
  adam,
  den,
  lounge,
  openSessionFixture,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';

/** Adam asks in the Lounge, sends the bot away, and calls it a second later. */
async function talkAndCall(to: typeof lounge) {
  const rounds = [['The code is 1234.'], ['Hello.']];
  const fixture = openSessionFixture({ rounds }, [adam]);
  const { sessions, talk } = fixture;
  const { guildId } = lounge;
  await sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 200);
  void talk.askQuestion(guildId, 'The secret of the lounge?', adam, 'voice');
  await passTime(fixture, 5_000);
  await sessions.leave(guildId);
  await passTime(fixture, 1_000);
  await sessions.join(to, toPersonId('adam'));
  await passTime(fixture, 200);
  return sessions.findSession(guildId)?.loop.state.history.exchanges.length;
}

test('a talk goes on in its own channel, and in no other one of the server', async () => {
  expect([await talkAndCall(lounge), await talkAndCall(den)]).toEqual([1, 0]);
});
