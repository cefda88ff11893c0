import type { VoiceConnection, VoiceReceiver } from '@discordjs/voice';
import { isEncrypted, type Packet } from '#src/audio/jitter-buffer.ts';
import { countOpusSamples, isSilenceFrame } from '#src/audio/opus/opus-packet.ts';
import { realClock, type SyncTiming } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { MayHear } from '#src/ports/voice-link.ts';
import { findDaveSession, getInnerReceiver } from './voice-library.ts';

export type ReceiverCounts = ConsentedReceiver['counts'];

const [usualMs, paddingMs] = [20, 2.5];
const mostAheadMs = 2_000;
const daveMarker = Buffer.from([0xfa, 0xfa]);

export type ConsentedReceiver = ReturnType<typeof createConsentedReceiver>;

/** Receives the packets of one connection. Consent is asked before decryption. */
export function createConsentedReceiver(
  { receiver }: VoiceConnection,
  isAllowed: MayHear,
  give: (packet: Packet) => void,
  fail: (error: unknown) => void,
  timing: SyncTiming = realClock,
) {
  /** Counts of datagrams by outcome. */
  const counts = {
    opened: 0,
    /** Packets of people without consent, which are never decrypted. */
    notAllowed: 0,
    /** Held until Discord names the speaker. */
    held: 0,
    /** Packets that stayed end-to-end encrypted. Only their marker (0xFAFA) is passed on. */
    sealed: 0,
    unparsed: 0,
    /** Datagrams more than 2 s ahead of real time. They are never decrypted. */
    ahead: 0,
  };
  const held = createHeldDatagrams();
  let reportUnheard: (speakerId: PersonId) => void = () => undefined;
  /** Time of the last voice that could be opened, and of the last that could not, by person. */
  const openedAtMs = new Map<string, number>();
  const unopenedAtMs = new Map<string, number>();
  /** End of each person's sound, if played in real time. */
  const soundUntilMs = new Map<string, number>();
  let isListening = true;

  // In place of the library's own way, which sets a timer and needs a stream for each speaker.
  receiver.onUdpMessage = onDatagram;
  receiver.ssrcMap.on('create', ({ audioSSRC, userId }) =>
    onSpeakerNamed(audioSSRC, userId),
  );
  receiver.ssrcMap.on('delete', ({ userId }) => {
    openedAtMs.delete(userId);
    unopenedAtMs.delete(userId);
  });

  function mayHear(speakerId: PersonId): boolean {
    try {
      return isListening && isAllowed(speakerId);
    } catch (error) {
      fail(error);
      return false;
    }
  }

  function onDatagram(datagram: Buffer) {
    // Until Discord has closed the socket of an ended link, packets of agreed people go on.
    if (!isListening || !isVoice(datagram)) return;
    const atMs = timing.nowMs();
    const ssrc = datagram.readUInt32BE(8);
    const speakerId = receiver.ssrcMap.get(ssrc)?.userId;
    if (speakerId !== undefined) hearDatagram(datagram, speakerId, atMs);
    else {
      counts.held++;
      held.put(ssrc, datagram, atMs);
    }
  }

  function onSpeakerNamed(ssrc: number, speakerId: PersonId) {
    const { map } = getInnerReceiver(receiver).ssrcMap;
    for (const [older, { userId }] of map) {
      if (userId === speakerId && older !== ssrc) map.delete(older);
    }
    const atMs = timing.nowMs();
    for (const datagram of held.removePackets(ssrc, atMs))
      hearDatagram(datagram, speakerId, atMs);
  }

  function hearDatagram(datagram: Buffer, speakerId: PersonId, atMs: number) {
    if (!mayHear(speakerId)) countUnheard(speakerId);
    else if ((soundUntilMs.get(speakerId) ?? atMs) - atMs > mostAheadMs) counts.ahead++;
    else openAndGive(datagram, speakerId, atMs);
  }

  function countUnheard(speakerId: PersonId) {
    counts.notAllowed++;
    if (!isListening) return;
    try {
      reportUnheard(speakerId);
    } catch (error) {
      fail(error);
    }
  }

  function openAndGive(datagram: Buffer, speakerId: PersonId, atMs: number) {
    const opened = openDatagram(receiver, datagram, speakerId);
    if (opened === undefined) {
      counts.unparsed++;
      return;
    }
    const isOpen = opened !== null && !isEncrypted(opened);
    counts[isOpen ? 'opened' : 'sealed']++;
    const opus = isOpen ? opened : daveMarker;
    noteSound(speakerId, opus, isOpen, atMs);
    give({
      speakerId,
      sequence: datagram.readUInt16BE(2),
      timestamp: datagram.readUInt32BE(4),
      opus,
      atMs,
    });
  }

  function noteSound(speakerId: PersonId, opus: Buffer, isOpen: boolean, atMs: number) {
    // Some clients seal silence frames and some do not, so that an open one proves nothing.
    if (opus.length > 0 && !isSilenceFrame(opus))
      (isOpen ? openedAtMs : unopenedAtMs).set(speakerId, atMs);
    const fromMs = Math.max(atMs, soundUntilMs.get(speakerId) ?? atMs);
    soundUntilMs.set(speakerId, fromMs + getLengthMs(opus, isOpen));
  }

  return {
    counts,
    /** Sets the listener to packets of people without consent. */
    onUnheard(listener: (speakerId: PersonId) => void) {
      reportUnheard = listener;
    },
    openedAtMs,
    unopenedAtMs,
    restart() {
      // A new voice server has others.
      getInnerReceiver(receiver).ssrcMap.map.clear();
      held.clear();
      openedAtMs.clear();
      unopenedAtMs.clear();
      soundUntilMs.clear();
    },
    mayHear,
    close() {
      isListening = false;
      held.clear();
    },
  };
}

/**
 * Decrypts a payload. Null if it stays end-to-end encrypted, and undefined if
 * unreadable.
 */
function openDatagram(receiver: VoiceReceiver, datagram: Buffer, speakerId: PersonId) {
  const { encryptionMode, nonceBuffer, secretKey } = receiver.connectionData;
  if (!encryptionMode || !nonceBuffer || !secretKey) return undefined;
  try {
    const inner = getInnerReceiver(receiver);
    const plain = inner.decrypt(datagram, encryptionMode, nonceBuffer, secretKey);
    const payload = stripHeader(datagram, plain);
    const dave = findDaveSession(receiver.voiceConnection);
    return dave && payload.length > 0 ? dave.decrypt(payload, speakerId) : payload;
  } catch {
    return undefined;
  }
}

function getLengthMs(opus: Buffer, isOpen: boolean) {
  if (opus.length === 0) return paddingMs;
  return (isOpen && countOpusSamples(opus) / 48) || usualMs;
}

/** Cuts extension and padding off a decrypted datagram (RFC 3550, section 5.1). */
function stripHeader(datagram: Buffer, plain: Buffer) {
  const first = datagram.readUInt8(0);
  const extensionBytes = (first & 0x10) === 0 ? 0 : 4 * datagram.readUInt16BE(14);
  const paddingBytes = (first & 0x20) === 0 ? 0 : (plain.at(-1) ?? 0);
  return plain.subarray(extensionBytes, plain.length - paddingBytes);
}

const leastVoiceBytes = 12 + 16 + 4;

function isVoice(datagram: Buffer) {
  if (datagram.length < leastVoiceBytes) return false;
  return datagram.readUInt8(0) >> 6 === 2 && (datagram.readUInt8(1) & 127) === 120;
}

const [maxPackets, maxAgeMs, maxSources] = [25, 500, 32];

/**
 * Keeps encrypted datagrams until Discord names the speaker: 25 of each SSRC, for 500 ms, of
 * 32 SSRCs.
 */
export function createHeldDatagrams() {
  const bySource = new Map<
    number,
    { readonly atMs: number; readonly datagram: Buffer }[]
  >();

  return {
    put(ssrc: number, datagram: Buffer, atMs: number) {
      const waiting = bySource.get(ssrc) ?? [];
      waiting.push({ atMs, datagram });
      if (waiting.length > maxPackets) waiting.shift();
      bySource.set(ssrc, waiting);
      dropOldest(bySource, maxSources);
    },

    removePackets(ssrc: number, atMs: number): Buffer[] {
      const waiting = bySource.get(ssrc) ?? [];
      bySource.delete(ssrc);
      return waiting
        .filter((one) => atMs - one.atMs <= maxAgeMs)
        .map((one) => one.datagram);
    },

    clear() {
      bySource.clear();
    },
  };
}
