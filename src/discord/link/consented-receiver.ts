import type { VoiceConnection, VoiceReceiver } from '@discordjs/voice';
import { isEncrypted, type Packet } from '#src/audio/jitter-buffer.ts';
import { countOpusSamples, isSilenceFrame } from '#src/audio/opus/opus-codec.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { MayHear } from '#src/ports/voice-link.ts';
import { findDaveSession, getInnerReceiver } from './voice-library.ts';

/** Counts of datagrams by outcome. */
export type ReceiverCounts = {
  readonly opened: number;
  /** Packets of people without consent, which are never decrypted. */
  readonly notAllowed: number;
  /** Held until Discord names the speaker. */
  readonly held: number;
  /** Packets that stayed end-to-end encrypted. Only their marker (0xFAFA) is passed on. */
  readonly sealed: number;
  readonly unparsed: number;
  /** Datagrams more than 2 s ahead of real time. They are never decrypted. */
  readonly ahead: number;
};

const [usualPacketMs, paddingMs] = [20, 2.5];
const maxAheadMs = 2_000;
const daveMarker = Buffer.from([0xfa, 0xfa]);

/** Receives the packets of one connection. Consent is asked before decryption. */
export class ConsentedReceiver {
  readonly #receiver: VoiceReceiver;
  readonly #isAllowed;
  readonly #onPacket;
  readonly #onFailure;
  readonly #timing;
  readonly #counts = {
    opened: 0,
    notAllowed: 0,
    held: 0,
    sealed: 0,
    unparsed: 0,
    ahead: 0,
  };
  readonly #heldDatagrams = new HeldDatagrams();
  readonly #openedAtMs = new Map<PersonId, number>();
  readonly #unopenedAtMs = new Map<PersonId, number>();
  /** End of each person's sound, if played in real time. */
  readonly #soundUntilMs = new Map<PersonId, number>();
  #reportUnheard: (speakerId: PersonId) => void = () => undefined;
  #isListening = true;

  /** Takes over the receiver of a connection. `onFailure` gets errors of the other callbacks. */
  constructor(
    { receiver }: VoiceConnection,
    isAllowed: MayHear,
    onPacket: (packet: Packet) => void,
    onFailure: (error: unknown) => void,
    timing: Pick<SyncTiming, 'nowMs'>,
  ) {
    this.#receiver = receiver;
    this.#isAllowed = isAllowed;
    this.#onPacket = onPacket;
    this.#onFailure = onFailure;
    this.#timing = timing;
    // In place of the library's own way, which sets a timer and needs a stream for each speaker.
    receiver.onUdpMessage = (datagram) => this.#onDatagram(datagram);
    receiver.ssrcMap.on('create', ({ audioSSRC, userId }) =>
      this.#onSpeakerNamed(audioSSRC, toPersonId(userId)),
    );
    receiver.ssrcMap.on('delete', ({ userId }) => {
      const speakerId = toPersonId(userId);
      this.#openedAtMs.delete(speakerId);
      this.#unopenedAtMs.delete(speakerId);
    });
  }

  /** Counts since the start, also over restarts. They change with each datagram. */
  get counts(): ReceiverCounts {
    return this.#counts;
  }

  /** Time of the last voice that could be opened, by person. */
  get openedAtMs(): ReadonlyMap<PersonId, number> {
    return this.#openedAtMs;
  }

  /** Time of the last voice that could not be opened, by person. */
  get unopenedAtMs(): ReadonlyMap<PersonId, number> {
    return this.#unopenedAtMs;
  }

  /** Sets the listener to packets of people without consent. */
  onUnheard(listener: (speakerId: PersonId) => void): void {
    this.#reportUnheard = listener;
  }

  /** Forgets sources and times, as a new voice server has others. */
  restart(): void {
    getInnerReceiver(this.#receiver).ssrcMap.map.clear();
    this.#heldDatagrams.clear();
    this.#openedAtMs.clear();
    this.#unopenedAtMs.clear();
    this.#soundUntilMs.clear();
  }

  /** Returns whether a person has consented. Nobody else can be unheard. False once closed, and where asking failed. */
  mayHear(speakerId: PersonId): boolean {
    try {
      return this.#isListening && this.#isAllowed(speakerId);
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  /** Ends hearing for good, from the next datagram on. */
  close(): void {
    this.#isListening = false;
    this.#heldDatagrams.clear();
  }

  #onDatagram(datagram: Buffer) {
    // Until Discord has closed the socket of an ended link, packets of agreed people go on.
    if (!this.#isListening || !isVoice(datagram)) return;
    const atMs = this.#timing.nowMs();
    const ssrc = datagram.readUInt32BE(8);
    const userId = this.#receiver.ssrcMap.get(ssrc)?.userId;
    if (userId !== undefined) this.#hearDatagram(datagram, toPersonId(userId), atMs);
    else {
      this.#counts.held++;
      this.#heldDatagrams.put(ssrc, datagram, atMs);
    }
  }

  #onSpeakerNamed(ssrc: number, speakerId: PersonId) {
    const { map } = getInnerReceiver(this.#receiver).ssrcMap;
    for (const [olderSsrc, { userId }] of map) {
      if (userId === speakerId && olderSsrc !== ssrc) map.delete(olderSsrc);
    }
    const atMs = this.#timing.nowMs();
    for (const datagram of this.#heldDatagrams.removePackets(ssrc, atMs))
      this.#hearDatagram(datagram, speakerId, atMs);
  }

  #hearDatagram(datagram: Buffer, speakerId: PersonId, atMs: number) {
    if (!this.mayHear(speakerId)) this.#countUnheard(speakerId);
    else if ((this.#soundUntilMs.get(speakerId) ?? atMs) - atMs > maxAheadMs)
      this.#counts.ahead++;
    else this.#openDatagram(datagram, speakerId, atMs);
  }

  #countUnheard(speakerId: PersonId) {
    this.#counts.notAllowed++;
    if (!this.#isListening) return;
    try {
      this.#reportUnheard(speakerId);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #openDatagram(datagram: Buffer, speakerId: PersonId, atMs: number) {
    const opened = decryptDatagram(this.#receiver, datagram, speakerId);
    if (opened === undefined) {
      this.#counts.unparsed++;
      return;
    }
    const isOpen = opened !== null && !isEncrypted(opened);
    this.#counts[isOpen ? 'opened' : 'sealed']++;
    const opus = isOpen ? opened : daveMarker;
    this.#noteSound(speakerId, opus, isOpen, atMs);
    this.#onPacket({
      speakerId,
      sequence: datagram.readUInt16BE(2),
      timestamp: datagram.readUInt32BE(4),
      opus,
      atMs,
    });
  }

  #noteSound(speakerId: PersonId, opus: Buffer, isOpen: boolean, atMs: number) {
    // Some clients seal silence frames and some do not, so that an open one proves nothing.
    if (opus.length > 0 && !isSilenceFrame(opus))
      (isOpen ? this.#openedAtMs : this.#unopenedAtMs).set(speakerId, atMs);
    const fromMs = Math.max(atMs, this.#soundUntilMs.get(speakerId) ?? atMs);
    this.#soundUntilMs.set(speakerId, fromMs + getLengthMs(opus, isOpen));
  }
}

/**
 * Decrypts a payload. Null if it stays end-to-end encrypted, and undefined if
 * unreadable.
 */
function decryptDatagram(
  receiver: VoiceReceiver,
  datagram: Buffer,
  speakerId: PersonId,
) {
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
  return (isOpen && countOpusSamples(opus) / 48) || usualPacketMs;
}

/** Cuts extension and padding off a decrypted datagram (RFC 3550, section 5.1). */
function stripHeader(datagram: Buffer, plain: Buffer) {
  const flags = datagram.readUInt8(0);
  const extensionBytes = (flags & 0x10) === 0 ? 0 : 4 * datagram.readUInt16BE(14);
  const paddingBytes = (flags & 0x20) === 0 ? 0 : (plain.at(-1) ?? 0);
  return plain.subarray(extensionBytes, plain.length - paddingBytes);
}

const minVoiceBytes = 12 + 16 + 4;

function isVoice(datagram: Buffer) {
  if (datagram.length < minVoiceBytes) return false;
  return datagram.readUInt8(0) >> 6 === 2 && (datagram.readUInt8(1) & 127) === 120;
}

type HeldDatagram = { readonly atMs: number; readonly datagram: Buffer };

const [maxPackets, maxAgeMs, maxSsrcs] = [25, 500, 32];

/**
 * Keeps encrypted datagrams until Discord names the speaker: 25 of each SSRC, for 500 ms, of
 * 32 SSRCs.
 */
export class HeldDatagrams {
  readonly #queues = new Map<number, HeldDatagram[]>();

  /** Keeps a datagram that arrived at `atMs`. The oldest of a full SSRC is dropped. */
  put(ssrc: number, datagram: Buffer, atMs: number): void {
    const queue = this.#queues.get(ssrc) ?? [];
    queue.push({ atMs, datagram });
    if (queue.length > maxPackets) queue.shift();
    this.#queues.set(ssrc, queue);
    dropOldest(this.#queues, maxSsrcs);
  }

  /** Removes the datagrams of an SSRC, and returns those that are not too old at `atMs`. */
  removePackets(ssrc: number, atMs: number): Buffer[] {
    const queue = this.#queues.get(ssrc) ?? [];
    this.#queues.delete(ssrc);
    return queue
      .filter((entry) => atMs - entry.atMs <= maxAgeMs)
      .map((entry) => entry.datagram);
  }

  /** Drops the datagrams of all SSRCs. */
  clear(): void {
    this.#queues.clear();
  }
}
