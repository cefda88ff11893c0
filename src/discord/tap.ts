import type { VoiceReceiver } from '@discordjs/voice';
import type { Packet } from '#src/audio/packet.ts';
import { innerReceiver } from './library.ts';
import { realTiming, type Timing } from './timing.ts';

/** What became of a datagram of somebody who may be heard. */
export type Fate = 'opened' | 'sealed' | 'unparsed';

/**
 * Takes each packet the receiver opens, and hands the library null: no stream of it ever fills.
 *
 * Nothing throws out of it, so no datagram can end a stream. Packets still end-to-end encrypted are `sealed`, and given
 * as nothing but their marker (0xFAFA); what cannot be opened or read is `unparsed`.
 */
export function tapPackets(
  receiver: VoiceReceiver,
  give: (packet: Packet) => void,
  tell: (fate: Fate) => void,
  timing: Pick<Timing, 'nowMs'> = realTiming,
): void {
  const inner = innerReceiver(receiver);
  const parse = inner.parsePacket.bind(receiver);
  inner.parsePacket = (datagram, mode, nonce, key, speakerId) => {
    const opus = opened(datagram, () => parse(datagram, mode, nonce, key, speakerId));
    if (opus === undefined) tell('unparsed');
    else {
      const wasOpened = opus !== null && !isSealed(opus);
      tell(wasOpened ? 'opened' : 'sealed');
      give(packetOf(datagram, speakerId, wasOpened ? opus : marker, timing.nowMs()));
    }
    return null;
  };
}

const marker = Buffer.from([0xfa, 0xfa]);

/** The library cuts an extension wherever 0xBEDE stands, and knows no other kind of extension. */
function hasTrueExtension(datagram: Buffer): boolean {
  const announced = ((datagram[0] ?? 0) & 0x10) !== 0;
  return announced === (datagram.readUInt16BE(12) === 0xbede);
}

function opened(datagram: Buffer, parse: () => Buffer | null): Buffer | null | undefined {
  try {
    const opus = hasTrueExtension(datagram) ? parse() : undefined;
    return opus?.length === 0 ? undefined : opus;
  } catch {
    return undefined;
  }
}

function isSealed(opus: Buffer): boolean {
  return opus.length > 2 && opus.readUInt16BE(opus.length - 2) === 0xfafa;
}

function packetOf(datagram: Buffer, speakerId: string, opus: Buffer, atMs: number): Packet {
  return {
    speakerId,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    opus,
    atMs,
  };
}
