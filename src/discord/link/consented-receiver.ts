import type { VoiceConnection, VoiceReceiver } from '@discordjs/voice';
import { isEncrypted, type Packet } from '#src/audio/jitter-buffer.ts';
import { countOpusSamples, isSilenceFrame } from '#src/audio/opus/opus-packet.ts';
import { realClock, type SyncTiming } from '#src/base/clock.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { MayHear } from '#src/ports/voice-link.ts';
import { findDaveSession, getInnerReceiver } from './voice-library.ts';

export type ReceiverCounts = ConsentedReceiver['counts'];

const [usualMs, paddingMs] = [20, 2.5];
const mostAheadMs = 2_000;
const daveMarker = Buffer.from([0xfa, 0xfa]);

/** Receives the packets of one connection. Consent is asked before decryption. */
export class ConsentedReceiver {
  /** Counts of datagrams by outcome. */
  readonly counts = {
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
  readonly #receiver: VoiceReceiver;
  readonly #mayHear;
  readonly #give;
  readonly #fail;
  readonly #timing;
  readonly #held = createHeldDatagrams();
  /** Called for each packet of a person without consent. */
  onUnheard: (speakerId: PersonId) => void = () => undefined;
  /** Time of the last voice that could be opened, and of the last that could not, by person. */
  readonly openedAtMs = new Map<string, number>();
  readonly unopenedAtMs = new Map<string, number>();
  /** End of each person's sound, if played in real time. */
  readonly #soundUntilMs = new Map<string, number>();
  #open = true;

  /**
   * Takes over a connection's receiver. Create it before the first networking exists.
   */
  constructor(
    connection: VoiceConnection,
    mayHear: MayHear,
    give: (packet: Packet) => void,
    fail: (error: unknown) => void,
    timing: SyncTiming = realClock,
  ) {
    this.#timing = timing;
    this.#receiver = connection.receiver;
    this.#mayHear = mayHear;
    this.#give = give;
    this.#fail = fail;
    // In place of the library's own way, which sets a timer and needs a stream for each speaker.
    this.#receiver.onUdpMessage = (datagram) => this.#onDatagram(datagram);
    this.#receiver.ssrcMap.on('create', ({ audioSSRC, userId }) =>
      this.#onSpeakerNamed(audioSSRC, userId),
    );
    this.#receiver.ssrcMap.on('delete', ({ userId }) => {
      this.openedAtMs.delete(userId);
      this.unopenedAtMs.delete(userId);
    });
  }

  /** Forgets all sources. */
  restart() {
    // A new voice server has others.
    getInnerReceiver(this.#receiver).ssrcMap.map.clear();
    this.#held.clear();
    this.openedAtMs.clear();
    this.unopenedAtMs.clear();
    this.#soundUntilMs.clear();
  }

  mayHear(speakerId: PersonId): boolean {
    try {
      return this.#open && this.#mayHear(speakerId);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  close() {
    this.#open = false;
    this.#held.clear();
  }

  #onDatagram(datagram: Buffer) {
    // Until Discord has closed the socket of an ended link, packets of agreed people go on.
    if (!this.#open || !isVoice(datagram)) return;
    const atMs = this.#timing.nowMs();
    const ssrc = datagram.readUInt32BE(8);
    const speakerId = this.#receiver.ssrcMap.get(ssrc)?.userId;
    if (speakerId !== undefined) this.#hearDatagram(datagram, speakerId, atMs);
    else {
      this.counts.held++;
      this.#held.put(ssrc, datagram, atMs);
    }
  }

  #onSpeakerNamed(ssrc: number, speakerId: PersonId) {
    const { map } = getInnerReceiver(this.#receiver).ssrcMap;
    for (const [older, { userId }] of map) {
      if (userId === speakerId && older !== ssrc) map.delete(older);
    }
    const atMs = this.#timing.nowMs();
    for (const datagram of this.#held.removePackets(ssrc, atMs))
      this.#hearDatagram(datagram, speakerId, atMs);
  }

  #hearDatagram(datagram: Buffer, speakerId: PersonId, atMs: number) {
    if (!this.mayHear(speakerId)) this.#countUnheard(speakerId);
    else if ((this.#soundUntilMs.get(speakerId) ?? atMs) - atMs > mostAheadMs)
      this.counts.ahead++;
    else this.#openAndGive(datagram, speakerId, atMs);
  }

  #countUnheard(speakerId: PersonId) {
    this.counts.notAllowed++;
    if (!this.#open) return;
    try {
      this.onUnheard(speakerId);
    } catch (error) {
      this.#fail(error);
    }
  }

  #openAndGive(datagram: Buffer, speakerId: PersonId, atMs: number) {
    const opened = this.#openDatagram(datagram, speakerId);
    if (opened === undefined) {
      this.counts.unparsed++;
      return;
    }
    const isOpen = opened !== null && !isEncrypted(opened);
    this.counts[isOpen ? 'opened' : 'sealed']++;
    const opus = isOpen ? opened : daveMarker;
    // Some clients seal silence frames and some do not, so that an open one proves nothing.
    if (opus.length > 0 && !isSilenceFrame(opus))
      this[isOpen ? 'openedAtMs' : 'unopenedAtMs'].set(speakerId, atMs);
    const fromMs = Math.max(atMs, this.#soundUntilMs.get(speakerId) ?? atMs);
    const lengthMs =
      opus.length === 0
        ? paddingMs
        : (isOpen && countOpusSamples(opus) / 48) || usualMs;
    this.#soundUntilMs.set(speakerId, fromMs + lengthMs);
    this.#give({
      speakerId,
      sequence: datagram.readUInt16BE(2),
      timestamp: datagram.readUInt32BE(4),
      opus,
      atMs,
    });
  }

  /**
   * Decrypts a payload. Null if it stays end-to-end encrypted, and undefined if
   * unreadable.
   */
  #openDatagram(datagram: Buffer, speakerId: PersonId) {
    const { encryptionMode, nonceBuffer, secretKey } = this.#receiver.connectionData;
    if (!encryptionMode || !nonceBuffer || !secretKey) return undefined;
    try {
      const inner = getInnerReceiver(this.#receiver);
      const plain = inner.decrypt(datagram, encryptionMode, nonceBuffer, secretKey);
      const payload = stripHeader(datagram, plain);
      const dave = findDaveSession(this.#receiver.voiceConnection);
      return dave && payload.length > 0 ? dave.decrypt(payload, speakerId) : payload;
    } catch {
      return undefined;
    }
  }
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
