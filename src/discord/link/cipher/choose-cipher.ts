import '#src/discord/library/sodium.ts';
import { createSecretKey, randomBytes } from 'node:crypto';
import type { Clock } from '#src/base/clock.ts';
import {
  type CipherMode,
  proveCiphers,
  sealPacket,
} from '#src/discord/link/voice-library.ts';
import type { VoiceCipher } from '#src/ports/voice-link.ts';

const modes: Readonly<Record<Exclude<VoiceCipher, 'auto'>, CipherMode>> = {
  'aes256-gcm': 'aead_aes256_gcm_rtpsize',
  'xchacha20-poly1305': 'aead_xchacha20_poly1305_rtpsize',
};

/** 20 ms of Opus at 64 kbit/s. */
const packetBytes = 160;
/** Both ciphers together take about 1 ms. */
const [rounds, packetsOfRound] = [5, 20];
/** A smaller difference lies within what one measurement errs. */
const minGain = 1.2;

/** Seconds, or any other unit, that a cipher takes for the same packets. */
export type MeasureCipher = (mode: CipherMode) => number;

/**
 * Chooses the cipher to ask voice servers for. With `auto` it measures both: XChaCha20 by sodium-native is faster where the
 * processor has no instructions for AES. Undefined leaves the choice to the library, as where a cipher does not work.
 */
export async function chooseCipher(
  wanted: VoiceCipher,
  clock: Pick<Clock, 'nowMs' | 'sleep'>,
  signal: AbortSignal,
  measure: MeasureCipher = (mode) => measureSealing(mode, clock),
): Promise<CipherMode | undefined> {
  if (wanted !== 'auto') return modes[wanted];
  try {
    // Without sodium-native XChaCha20 is written in JavaScript, which is never faster.
    if ((await proveCiphers(clock, signal)) !== 'sodium-native') return undefined;
    const [aes, xchacha] = [modes['aes256-gcm'], modes['xchacha20-poly1305']];
    return measure(aes) > minGain * measure(xchacha) ? xchacha : aes;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Measures the fastest of some rounds, so that a busy machine and cold code count little. */
function measureSealing(mode: CipherMode, clock: Pick<Clock, 'nowMs'>) {
  const opus = randomBytes(packetBytes);
  const bytes = randomBytes(32);
  // A link keeps the key of AES as an object, too.
  const key = mode === modes['aes256-gcm'] ? createSecretKey(bytes) : bytes;
  const times = Array.from({ length: rounds }, (_, round) => {
    const beganMs = clock.nowMs();
    for (let n = 0; n < packetsOfRound; n++)
      sealPacket(mode, opus, key, 1, round * packetsOfRound + n);
    return clock.nowMs() - beganMs;
  });
  return Math.min(...times);
}
