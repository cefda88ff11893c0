import { RejoinLimit } from '#src/discord/link/voice-link-opener.ts';

test('a channel is joined anew twice in ten minutes, and the second time is known as a repetition', () => {
  const limit = new RejoinLimit();
  expect([limit.isRepeated(0), limit.tryRejoin(0)]).toEqual([false, true]);
  expect([limit.isRepeated(20_000), limit.tryRejoin(20_000)]).toEqual([true, true]);
  expect([limit.isRepeated(599_999), limit.tryRejoin(599_999)]).toEqual([true, false]);
  expect(limit.tryRejoin(600_000)).toBe(true);
});
