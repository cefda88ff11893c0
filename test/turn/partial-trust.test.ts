import { expect, test } from 'vitest';
import { PartialTrust } from '#src/turn/partial-trust.ts';

test('a recogniser earns trust by three pauses, and loses it by lagging behind', () => {
  const trust = new PartialTrust();
  for (const earned of [false, false, true]) {
    trust.compare('go on', 'Go on.');
    expect(trust.isEarned).toBe(earned);
  }
  trust.compare('go', 'Go on.');
  expect(trust.isEarned).toBe(false);
  for (let pause = 0; pause < 8; pause++) trust.compare('go on', 'go on');
  expect(trust.isEarned).toBe(true);
});
