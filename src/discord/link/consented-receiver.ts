import type { VoiceConnection, VoiceReceiver } from '@discordjs/voice';
import { isEncrypted, type Packet } from '#src/audio/jitter-buffer.ts';
import { countOpusSamples, isSilenceFrame } from '#src/audio/opus/opus-packet.ts';
import { realClock, type SyncTiming } from '#src/base/clock.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { MayHear } from '#src/ports/voice-link.ts';
import { findDaveSession, getInnerReceiver } from './voice-library.ts';

/** Counts of datagrams by outcome. */
export type ReceiverCounts = {
  /** Opened, and passed on as packets. */
  opened: number;
  /** Packets of people who may not be heard; never decrypted. */
  notAllowed: number;
  /** Held because Discord had not said yet who speaks. */
  held: number;
  /** Still end-to-end encrypted: passed on as nothing but their marker (0xFAFA). */
  sealed: number;
  /** Neither opened nor read. */
  unparsed: number;
  /** Datagrams more than 2 s ahead of real time; never decrypted. */
  ahead: number;
};

/** Length, in ms, that an unreadable packet counts as, and one of nothing but padding. */
const [usualMs, paddingMs] = [20, 2.5];
/** Sound of one speaker, in ms, that may arrive ahead of real time: what piles up on the way comes at once. */
const mostAheadMs = 2_000;
const daveMarker = Buffer.from([0xfa, 0xfa]);

/** The receiving half of one connection: who may be heard is asked before anything is decrypted. */
export class ConsentedReceiver {
  readonly counts: ReceiverCounts = {
    opened: 0,
    notAllowed: 0,
    held: 0,
    sealed: 0,
    unparsed: 0,
    ahead: 0,
  };
  readonly #receiver: VoiceReceiver;
  readonly #mayHear;
  readonly #give;
  readonly #fail;
  readonly #timing;
  readonly #held = new HeldDatagrams();
  /** Told of the header of each packet of a person who may not be heard. An error of it goes to `fail`. */
  onUnheard: (speakerId: PersonId) => void = () => undefined;
  /** When the last voice of each person could be opened, over the present voice server, and when one could not. */
  readonly openedAtMs = new Map<string, number>();
  readonly unopenedAtMs = new Map<string, number>();
  /** End of each person's sound if it were played as it came: one second in a second. */
  readonly #soundUntilMs = new Map<string, number>();
  #open = true;

  /** To be made before the first networking exists. An error of `mayHear` goes to `fail`. */
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

  /** Forgets all sources: there is a new voice server. */
  restart(): void {
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

  /** Ends decryption for good. */
  close(): void {
    this.#open = false;
    this.#held.clear();
  }

  #onDatagram(datagram: Buffer) {
    if (!isVoice(datagram)) return;
    const atMs = this.#timing.nowMs();
    const ssrc = datagram.readUInt32BE(8);
    const speakerId = this.#receiver.ssrcMap.get(ssrc)?.userId;
    if (speakerId !== undefined) this.#hearDatagram(datagram, speakerId, atMs);
    else if (this.#open) {
      this.counts.held++;
      this.#held.put(ssrc, datagram, atMs);
    }
  }

  /**
   * Discord named the speaker of a source; an older source of theirs is void. Held datagrams of a person who may not be
   * heard are dropped unopened.
   */
  #onSpeakerNamed(ssrc: number, speakerId: PersonId) {
    const { map } = getInnerReceiver(this.#receiver).ssrcMap;
    for (const [older, { userId }] of map) {
      if (userId === speakerId && older !== ssrc) map.delete(older);
    }
    const atMs = this.#timing.nowMs();
    for (const datagram of this.#held.take(ssrc, atMs))
      this.#hearDatagram(datagram, speakerId, atMs);
  }

  /** Hears a datagram; no packet of a person who may not be heard is decrypted. */
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
   * Opens a datagram by the library's ciphers. Empty: nothing but padding, which the group is not shown. Null: not opened end to end.
   * Undefined: not opened at all, or there is no key yet.
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

/** Payload of a decrypted datagram, without its extension and padding (RFC 3550, section 5.1). */
function stripHeader(datagram: Buffer, plain: Buffer) {
  const first = datagram.readUInt8(0);
  const extensionBytes = (first & 0x10) === 0 ? 0 : 4 * datagram.readUInt16BE(14);
  const paddingBytes = (first & 0x20) === 0 ? 0 : (plain.at(-1) ?? 0);
  return plain.subarray(extensionBytes, plain.length - paddingBytes);
}

/** RTP header, tag and counter: a voice datagram without any payload. */
const leastVoiceBytes = 12 + 16 + 4;

/** RTP version 2 carrying Opus. */
function isVoice(datagram: Buffer) {
  if (datagram.length < leastVoiceBytes) return false;
  return datagram.readUInt8(0) >> 6 === 2 && (datagram.readUInt8(1) & 127) === 120;
}

/** Limits for speakers whose names have not come yet: packets and age in ms for each, and number of them. */
const [maxPackets, maxAgeMs, maxSources] = [25, 500, 32];

type Waiting = { readonly atMs: number; readonly datagram: Buffer };

/**
 * Voice of sources whose speaker is not known yet, still encrypted, until Discord names them.
 *
 * Holds 25 datagrams and 500 ms per SSRC, the oldest go first; a 33rd SSRC pushes out the first.
 */
export class HeldDatagrams {
  readonly #bySource = new Map<number, Waiting[]>();

  put(ssrc: number, datagram: Buffer, atMs: number): void {
    const waiting = this.#bySource.get(ssrc) ?? [];
    waiting.push({ atMs, datagram });
    if (waiting.length > maxPackets) waiting.shift();
    this.#bySource.set(ssrc, waiting);
    dropOldest(this.#bySource, maxSources);
  }

  /** Takes the datagrams from `ssrc` of the last 500 ms, oldest first; they are forgotten here. */
  take(ssrc: number, atMs: number): Buffer[] {
    const waiting = this.#bySource.get(ssrc) ?? [];
    this.#bySource.delete(ssrc);
    return waiting
      .filter((one) => atMs - one.atMs <= maxAgeMs)
      .map((one) => one.datagram);
  }

  clear(): void {
    this.#bySource.clear();
  }
}
