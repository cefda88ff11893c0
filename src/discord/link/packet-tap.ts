import type { VoiceReceiver } from '@discordjs/voice';
import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import type { Packet } from '#src/audio/packet.ts';
import { innerReceiver } from '#src/discord/library/voice-library.ts';
import { ReplayGuard } from './replay-window.ts';
import { SoundRate } from './sound-rate.ts';
import { realTiming, type SyncTiming } from './timing.ts';

/** What became of a datagram of somebody who may be heard. */
export type DatagramOutcome = 'opened' | 'sealed' | 'unparsed' | 'ahead' | 'replayed';

/**
 * Takes each packet the receiver opens, and hands the library null: no stream of it ever fills.
 *
 * Nothing throws out of it, so no datagram can end a stream. Packets still end-to-end encrypted are `sealed`, and given
 * as nothing but their marker (0xFAFA); what cannot be opened or read is `unparsed`. What is more than 2 s ahead of real
 * time (`ahead`) or was opened before (`replayed`) stays closed. The returned function forgets everything: there is
 * another voice server.
 */
export function tapPackets(
  receiver: VoiceReceiver,
  give: (packet: Packet) => void,
  tell: (fate: DatagramOutcome) => void,
  timing: Pick<SyncTiming, 'nowMs'> = realTiming,
): () => void {
  const inner = innerReceiver(receiver);
  const parse = inner.parsePacket.bind(receiver);
  const [rate, replays] = [new SoundRate(), new ReplayGuard()];
  const refusal = (
    datagram: Buffer,
    speakerId: string,
    atMs: number,
  ): DatagramOutcome | undefined => {
    if (rate.isAhead(speakerId, atMs)) return 'ahead';
    return replays.isReplayed(datagram) ? 'replayed' : undefined;
  };
  const take = (
    datagram: Buffer,
    speakerId: string,
    atMs: number,
    opus: Buffer | null,
  ): DatagramOutcome => {
    const isOpen = opus !== null && !isSealed(opus);
    replays.opened(datagram);
    rate.add(speakerId, isOpen ? lengthMs(opus) : usualMs, atMs);
    give(packetOf(datagram, speakerId, isOpen ? opus : marker, atMs));
    return isOpen ? 'opened' : 'sealed';
  };
  inner.parsePacket = (datagram, mode, nonce, key, speakerId) => {
    const atMs = timing.nowMs();
    const refused = refusal(datagram, speakerId, atMs);
    if (refused) tell(refused);
    else {
      const opus = opened(datagram, () => parse(datagram, mode, nonce, key, speakerId));
      tell(opus === undefined ? 'unparsed' : take(datagram, speakerId, atMs, opus));
    }
    return null;
  };
  return () => {
    rate.clear();
    replays.clear();
  };
}

/** What cannot be read counts as the usual length. */
const usualMs = 20;
const marker = Buffer.from([0xfa, 0xfa]);

function lengthMs(opus: Buffer): number {
  return opusSamples(opus) / 48 || usualMs;
}

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
