import { RejoinLimit } from '#src/discord/link/voice-link-opener.ts';

test('a channel is joined anew at most once in five minutes, and the next time after twice as long, up to an hour', () => {
  const limit = new RejoinLimit();
  const rejoinedAtMinutes: number[] = [];
  for (let minute = 0; minute <= 300; minute++)
    if (limit.tryRejoin(minute * 60_000)) rejoinedAtMinutes.push(minute);
  expect(rejoinedAtMinutes).toEqual([0, 5, 15, 35, 75, 135, 195, 255]);
});

test('a rejoin after a long time without one is no repetition, and rests five minutes again', () => {
  const limit = new RejoinLimit();
  for (const atMs of [0, 300_000, 900_000]) limit.tryRejoin(atMs);
  expect([limit.isRepeated(900_001), limit.isRepeated(3_299_999)]).toEqual([
    true,
    true,
  ]);
  expect(limit.isRepeated(3_300_000)).toBe(false);
  expect(limit.tryRejoin(3_300_000)).toBe(true);
  expect(limit.tryRejoin(3_599_999)).toBe(false);
  expect(limit.tryRejoin(3_600_000)).toBe(true);
});
