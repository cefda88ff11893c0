import { toGuildId } from '#src/base/ids.ts';
import {
  adam,
  joinLounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';

test('a conversation remembers its last forty exchanges, and no more', async () => {
  const fixture = await joinLounge({ addressing: 'off' }, [adam]);
  await passTime(fixture, 100);
  for (let n = 1; n <= 42; n++) {
    void fixture.talk.askQuestion(toGuildId('g'), `Question ${n}?`, adam, 'voice');
    await passTime(fixture, 3_000);
  }
  const { loop: talk } = fixture.sessions.findSession(toGuildId('g')) ?? expect.fail();
  expect(fixture.of('answered')).toHaveLength(42);
  expect(talk.state.history.exchanges).toHaveLength(40);
});
