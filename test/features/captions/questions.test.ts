import { expect, test } from 'vitest';
import { longestAskMs } from '#commands/ask.ts';
import { captioned, says } from '#test/conversation/setup/captioned.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

test('a question is answered before its command is given up, also where the chat server answers nothing', async () => {
  const clock = new VirtualClock();
  const fixture = await captioned({ chat: new FakeChat([['stall']], clock) }, clock);
  await says(fixture);
  const request = { question: 'zebra', about: 'this' } as const;
  const fromMs = clock.nowMs();
  const answering = fixture.transcriptFor.ask('g', 'adam', request);
  const answered = answering.then((found) => ({ found, tookMs: clock.nowMs() - fromMs }));
  await clock.advance(longestAskMs);
  const { found, tookMs } = await answered;
  expect(found).toMatchObject({ line: { id: 'fail.llm' } });
  expect(tookMs).toBeGreaterThan(30_000);
  expect(tookMs).toBeLessThan(longestAskMs);
});
