import { maxAskMs } from '#commands/ask.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

test('a question is answered before its command is given up, also where the chat server answers nothing', async () => {
  const clock = new VirtualClock();
  const fixture = await openCaptioned(
    { chat: new FakeChat([['stall']], clock) },
    clock,
  );
  await sayAll(fixture);
  const request = { question: 'zebra', about: 'this' } as const;
  const fromMs = clock.nowMs();
  const answered = fixture.transcriptFor
    .askModel(toGuildId('g'), toPersonId('adam'), request)
    .then((foundOutcome) => ({
      found: foundOutcome,
      tookMs: clock.nowMs() - fromMs,
    }));
  await clock.advance(maxAskMs);
  const { found, tookMs } = await answered;
  expect(found).toMatchObject({ line: { id: 'fail.llm' } });
  expect(tookMs).toBeGreaterThan(30_000);
  expect(tookMs).toBeLessThan(maxAskMs);
});
