import { expect, test } from 'vitest';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';

const asker = { id: 'adam', name: 'Adam' };

test('an answer in writing is waited for as long as its model may take', async () => {
  const fixture = openSessionFixture({ chat: new FakeChat([['stall']]) });
  const asking = fixture.talk.ask('g', 'Hello?', asker, 'text');
  await fixture.clock.advance(479_000);
  expect(fixture.of('failed')).toEqual([]);
  await fixture.clock.advance(1_000);
  expect(await asking).toMatchObject({ kind: 'failed', line: { id: 'fail.llm' } });
  expect(fixture.clock.sleeping).toBe(0);
});

test('whoever has less time than the model waits no longer', async () => {
  const fixture = openSessionFixture({ chat: new FakeChat([['stall']]) });
  const asking = fixture.talk.ask('g', 'Hello?', asker, 'text', { longestMs: 50_000 });
  await fixture.clock.advance(50_000);
  expect(await asking).toMatchObject({ kind: 'failed', line: { id: 'fail.llm' } });
});
