import { expect, test } from 'vitest';
import { openCapacitySetup } from './capacity-setup.ts';
import { lossOfStall } from './parts.ts';

test('25 people talk in one channel while the event loop of the bot is held: every packet is opened, or counted as lost', {
  timeout: 150_000,
  retry: 1,
}, async () => {
  await using setup = await openCapacitySetup('');
  const { sent, packets } = await lossOfStall(setup, 25);
  expect(sent).toBeGreaterThan(2_000);
  expect((packets.opened ?? 0) + (packets.overflowed ?? 0)).toBe(sent);
});
