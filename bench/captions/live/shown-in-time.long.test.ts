import { expect, test } from 'vitest';
import { Clips } from '#bench/clips.ts';
import { showInTime } from './shown-in-time.ts';

test('what people say is in the chat with all its words, once each, within the rate limits', async () => {
  await using clips = await Clips.open();
  const load = { people: 2, utterancesPerMinute: 40, forMs: 5_000 };
  const { said, lost, twice, tooManyRequests } = await showInTime(load, clips.all);
  expect(said).toBeGreaterThan(0);
  expect([lost, twice, tooManyRequests]).toEqual([0, 0, 0]);
});
