import { randomBytes, randomInt } from 'node:crypto';
import type { Forgery } from '#sandbox/voice/voice-ports.ts';
import type { Caller } from './voice-caller.ts';

const junkBytes = 172;
const longestShortBytes = 20;

/** A datagram that `to` must not take for voice; `others` are in the same call. */
export function forged(kind: Forgery['datagram'], to: Caller, others: readonly Caller[]): Buffer {
  if (typeof kind !== 'string') return Buffer.from(kind);
  if (kind === 'short') return randomBytes(randomInt(longestShortBytes + 1));
  const speaker = others.find(({ announced }) => announced) ?? others[0];
  const ssrc = speaker?.ssrc ?? randomInt(2 ** 32);
  if (kind === 'junk' || !to.secrets) return junk(ssrc);
  const datagram = to.secrets.sealer.seal({
    sequence: randomInt(2 ** 16),
    timestamp: randomInt(2 ** 32),
    ssrc,
    payload: randomBytes(junkBytes),
  });
  const lastOfTag = datagram.length - 5;
  datagram.writeUInt8(datagram.readUInt8(lastOfTag) ^ 1, lastOfTag);
  return datagram;
}

function junk(ssrc: number): Buffer {
  const datagram = randomBytes(junkBytes);
  datagram.set([0x90, 120]);
  datagram.writeUInt32BE(ssrc, 8);
  return datagram;
}
