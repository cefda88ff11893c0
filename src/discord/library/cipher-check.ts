import './sodium.ts';
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Networking, VoiceReceiver } from '@discordjs/voice';
import { BotError } from '#src/base/errors.ts';
import { type CipherMode, cipherModes, innerNetworking, innerReceiver } from './voice-library.ts';

/** The library loads its ciphers asynchronously; until then every frame throws. */
const loadMs = 1_000;

/**
 * Seals and opens a frame with both voice ciphers, and names the library behind XChaCha20-Poly1305.
 *
 * Errors: BotError `link.unsupported` when one does not work within a second.
 */
export async function checkCiphers(): Promise<string> {
  for (const mode of cipherModes) await checkCipher(mode);
  return await servingLibrary();
}

async function checkCipher(mode: CipherMode): Promise<void> {
  for (let leftMs = loadMs; ; leftMs -= 10) {
    try {
      roundTrip(mode);
      return;
    } catch (cause) {
      if (leftMs <= 0) throw unsupported(mode, cause);
    }
    await wait(10);
  }
}

/** A datagram of the pinned library, as it would leave for Discord; `nonce` counts from 0. */
export function sealedDatagram(
  opus: Buffer,
  mode: CipherMode,
  key: Buffer,
  ssrc: number,
  nonce = 0,
): Buffer {
  const networking: Networking = Object.create(Networking.prototype);
  return innerNetworking(networking).createAudioPacket(opus, {
    sequence: 7,
    timestamp: 960,
    ssrc,
    nonce,
    nonceBuffer: nonceFor(mode),
    secretKey: key,
    encryptionMode: mode,
  });
}

/** Each mode wants its own nonce length. */
export function nonceFor(mode: CipherMode): Buffer {
  return Buffer.alloc(mode === 'aead_aes256_gcm_rtpsize' ? 12 : 24);
}

function roundTrip(mode: CipherMode): void {
  const [opus, key] = [randomBytes(160), randomBytes(32)];
  const datagram = sealedDatagram(opus, mode, key, 1);
  const receiver: VoiceReceiver = Object.create(VoiceReceiver.prototype);
  Object.assign(receiver, { voiceConnection: { state: { status: 'none' } } });
  const opened = innerReceiver(receiver).parsePacket(datagram, mode, nonceFor(mode), key, '1');
  if (!opened?.equals(opus)) throw new Error('the decrypted payload differs from the original');
}

/** sodium-native stands first in the library's list, so where its names load, it serves. */
async function servingLibrary(): Promise<string> {
  try {
    await import('./sodium-names.ts');
    return 'sodium-native';
  } catch {
    return '@noble/ciphers';
  }
}

function unsupported(mode: string, cause: unknown): BotError {
  const message = `The voice cipher ${mode} does not work here: run npm ci again.`;
  return new BotError('link.unsupported', false, message, cause);
}
