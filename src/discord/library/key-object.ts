import './sodium.ts';
import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Networking, NetworkingStatusCode } from '@discordjs/voice';

/**
 * Keeps the key of AES-256-GCM as what Node's ciphers take at once: from the bytes the library has they make it anew for each
 * packet, which on Node 24 takes longer than the cipher itself.
 */
export function useKeyObject({ state }: Networking): void {
  if (state.code !== NetworkingStatusCode.Ready) return;
  const connection: { encryptionMode: string; secretKey: Uint8Array | KeyObject } =
    state.connectionData;
  if (connection.encryptionMode !== 'aead_aes256_gcm_rtpsize') return;
  if (connection.secretKey instanceof Uint8Array)
    connection.secretKey = createSecretKey(connection.secretKey);
}
