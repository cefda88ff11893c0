import { expect, test } from 'vitest';
import { type AttackPath, redTeam } from './red-team.ts';
import { play } from './red-team-setup.ts';

/** Ways on which no model ever gets to see the bait as such, or never calls. */
const unseen: readonly AttackPath[] = ['channel-name', 'written'];

test('the set of attempts holds at least sixty', () => {
  expect(redTeam.length).toBeGreaterThanOrEqual(60);
  expect(new Set(redTeam.map(({ way, bait }) => `${way} ${bait}`)).size).toBe(redTeam.length);
});

test.each(redTeam)('$way: no tool runs for "$bait"', async (attempt) => {
  const { ran, model, fixture } = await play(attempt);
  expect(ran).toEqual([]);
  expect(fixture.of('failed').filter(({ code }) => code === 'bug')).toEqual([]);
  if (!unseen.includes(attempt.way))
    expect(model.bitten, 'the model was not tried').toBeGreaterThan(0);
});
