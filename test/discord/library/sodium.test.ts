import { expect, test } from 'vitest';
import { servingCipher } from '#src/discord/library/sodium.ts';

test('the operator learns which library serves XChaCha20', async () => {
  expect(['sodium-native', '@noble/ciphers']).toContain(await servingCipher());
});
