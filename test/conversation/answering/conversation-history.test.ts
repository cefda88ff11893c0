import { toGuildId } from '#src/base/ids.ts';
import {
  adam,
  joinLounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';

test('a talk remembers ten to twenty exchanges, and its prompts begin alike for ten of them', async () => {
  const fixture = await joinLounge({ addressing: 'off' }, [adam]);
  await passTime(fixture, 100);
  const { loop: talk } = fixture.sessions.findSession(toGuildId('g')) ?? expect.fail();
  const firstWords: string[] = [];
  const lengths: number[] = [];
  for (let n = 1; n <= 42; n++) {
    void fixture.talk.askQuestion(toGuildId('g'), `Question ${n}?`, adam, 'voice');
    await passTime(fixture, 3_000);
    const { exchanges } = talk.state.history;
    firstWords.push(exchanges[0]?.words ?? '');
    lengths.push(exchanges.length);
  }
  expect(fixture.of('answered')).toHaveLength(42);
  const later = lengths.slice(20);
  expect([Math.min(...later), Math.max(...later)]).toEqual([11, 20]);
  expect([...new Set(firstWords)]).toEqual([
    'Question 1?',
    'Question 11?',
    'Question 21?',
    'Question 31?',
  ]);
});
