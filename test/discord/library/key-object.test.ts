import '#src/discord/library/sodium.ts';
import { createCipheriv, KeyObject, randomBytes } from 'node:crypto';
import { type Networking, NetworkingStatusCode } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { useKeyObject } from '#src/discord/link/voice-link.ts';

function ready(encryptionMode: string) {
  const bytes = new Uint8Array(randomBytes(32));
  const state = {
    code: NetworkingStatusCode.Ready,
    connectionData: { encryptionMode, secretKey: bytes as Uint8Array | KeyObject },
  };
  return { bytes, state, networking: { state } as unknown as Networking };
}

const sealed = (key: Uint8Array | KeyObject) =>
  createCipheriv('aes-256-gcm', key, Buffer.alloc(12)).update('twenty milliseconds', 'utf8', 'hex');

test('a key of AES-256-GCM becomes what the ciphers take at once, and seals as before', () => {
  const { bytes, state, networking } = ready('aead_aes256_gcm_rtpsize');
  useKeyObject(networking);
  const { secretKey } = state.connectionData;
  expect(secretKey).toBeInstanceOf(KeyObject);
  expect(sealed(secretKey)).toBe(sealed(bytes));
  useKeyObject(networking);
  expect(state.connectionData.secretKey).toBe(secretKey);
});

test('a key of XChaCha20 stays the bytes that its library takes', () => {
  const { bytes, state, networking } = ready('aead_xchacha20_poly1305_rtpsize');
  useKeyObject(networking);
  expect(state.connectionData.secretKey).toBe(bytes);
});
