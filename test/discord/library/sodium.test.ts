import '#src/discord/library/sodium.ts';
import { expect, test } from 'vitest';
import { checkCiphers } from '#src/discord/library/cipher-check.ts';

test('both voice ciphers work, and the operator learns which library serves XChaCha20', async () => {
  expect(['sodium-native', '@noble/ciphers']).toContain(await checkCiphers());
});
