import { expect, test } from 'vitest';
import { continues, mayStillContinue } from '#src/turn/endpointing/continuation.ts';
import { endpointRules } from '#src/turn/endpointing/endpointing.ts';

test('speech that goes on within 1.5 s belongs to what ended', () => {
  expect(continues(1000, 2500, endpointRules)).toBe(true);
  expect(continues(1000, 2501, endpointRules)).toBe(false);
});

test('speech that goes on may be noticed a second after it began', () => {
  expect(mayStillContinue(1000, 3500, endpointRules)).toBe(true);
  expect(mayStillContinue(1000, 3501, endpointRules)).toBe(false);
});
