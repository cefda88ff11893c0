import type { VoiceReceiver } from '@discordjs/voice';
import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import type { Packet } from '#src/audio/packet.ts';
import { innerReceiver } from '#src/discord/library/voice-library.ts';

/** Outcome of a datagram of a person who may be heard. */
export type DatagramOutcome = 'opened' | 'sealed' | 'unparsed' | 'ahead' | 'replayed';

/** Length, in ms, that an unreadable packet counts as. */
const usualMs = 20;
const marker = Buffer.from([0xfa, 0xfa]);

/**
 * Opens voice datagrams by the ciphers of the library's receiver.
 *
 * It never throws. Packets still end-to-end encrypted are `sealed`, and given as nothing but their marker (0xFAFA); those
 * that cannot be opened or read are `unparsed`. A datagram more than 2 s ahead of real time (`ahead`), or opened before
 * (`replayed`), stays closed.
 */
export class PacketOpener {
  readonly #receiver: VoiceReceiver;
  readonly #give: (packet: Packet) => void;
  readonly #rate = new SoundRate();
  readonly #replays = new Map<number, ReplayWindow>();

  constructor(receiver: VoiceReceiver, give: (packet: Packet) => void) {
    this.#receiver = receiver;
    this.#give = give;
  }

  /** Gives the packet in `datagram`, which has at least the length of a voice datagram, and tells what became of it. */
  open(datagram: Buffer, speakerId: string, atMs: number): DatagramOutcome {
    if (this.#rate.isAhead(speakerId, atMs)) return 'ahead';
    const replays = this.#replaysOf(datagram.readUInt32BE(8));
    const counter = datagram.readUInt32BE(datagram.length - 4);
    if (replays.has(counter)) return 'replayed';
    const opus = this.#opened(datagram, speakerId);
    if (opus === undefined) return 'unparsed';
    replays.add(counter);
    const isOpen = opus !== null && !isSealed(opus);
    this.#rate.add(speakerId, isOpen ? lengthMs(opus) : usualMs, atMs);
    this.#give({
      speakerId,
      sequence: datagram.readUInt16BE(2),
      timestamp: datagram.readUInt32BE(4),
      opus: isOpen ? opus : marker,
      atMs,
    });
    return isOpen ? 'opened' : 'sealed';
  }

  /** Forgets all sources: another voice server has another key. */
  restart(): void {
    this.#rate.clear();
    this.#replays.clear();
  }

  #replaysOf(ssrc: number): ReplayWindow {
    let replays = this.#replays.get(ssrc);
    if (!replays) {
      replays = new ReplayWindow();
      this.#replays.set(ssrc, replays);
    }
    return replays;
  }

  /** Null: not opened end to end. Undefined: not opened at all, or there is no key yet. */
  #opened(datagram: Buffer, speakerId: string): Buffer | null | undefined {
    const { encryptionMode, nonceBuffer, secretKey } = this.#receiver.connectionData;
    if (!encryptionMode || !nonceBuffer || !secretKey || !hasTrueExtension(datagram)) return;
    try {
      const inner = innerReceiver(this.#receiver);
      const opus = inner.parsePacket(datagram, encryptionMode, nonceBuffer, secretKey, speakerId);
      return opus?.length === 0 ? undefined : opus;
    } catch {
      return undefined;
    }
  }
}

function lengthMs(opus: Buffer): number {
  return opusSamples(opus) / 48 || usualMs;
}

/** The library cuts an extension wherever 0xBEDE stands, and knows no other kind of extension. */
function hasTrueExtension(datagram: Buffer): boolean {
  const announced = ((datagram[0] ?? 0) & 0x10) !== 0;
  return announced === (datagram.readUInt16BE(12) === 0xbede);
}

function isSealed(opus: Buffer): boolean {
  return opus.length > 2 && opus.readUInt16BE(opus.length - 2) === 0xfafa;
}

/** Size of the replay window of one source, in packets; later voice is of no use. A power of two. */
const windowSize = 2_048;
/** Small steps in a row that prove a counter which only goes up. */
const provenSteps = 50;

/**
 * The counters of one source that have been seen, each used once with a key; serial numbers of 32 bit (RFC 1982). They
 * stand at the end of its datagrams.
 */
class ReplayWindow {
  readonly #seen = new Uint8Array(windowSize);
  #highest: number | undefined;
  #steps = 0;

  /** A counter older than the window is a replay only where the counter is known to grow. */
  has(counter: number): boolean {
    if (this.#highest === undefined) return false;
    const behind = (this.#highest - counter) | 0;
    if (behind < 0) return false;
    return behind < windowSize ? this.#seen[counter % windowSize] === 1 : this.#isProven;
  }

  /** Marks a counter as seen: its datagram could be decrypted, so it is genuine. */
  add(counter: number): void {
    const ahead = this.#highest === undefined ? windowSize : (counter - this.#highest) | 0;
    if (ahead > 0 || ahead <= -windowSize) this.#advance(counter, ahead);
    this.#seen[counter % windowSize] = 1;
  }

  get #isProven(): boolean {
    return this.#steps >= provenSteps;
  }

  #advance(counter: number, ahead: number): void {
    const isStep = ahead > 0 && ahead < windowSize;
    this.#steps = isStep ? this.#steps + 1 : 0;
    if (!isStep) this.#seen.fill(0);
    for (let n = 0; isStep && n < ahead; n++) this.#seen[(counter - n) & (windowSize - 1)] = 0;
    this.#highest = counter;
  }
}

/** Sound of one speaker, in ms, that may arrive ahead of real time: what piles up on the way comes at once. */
const mostAheadMs = 2_000;

/** Rate limit of the sound that each person sends: one second in a second. */
class SoundRate {
  /** End of each person's sound if it were played as it came. */
  readonly #untilMs = new Map<string, number>();

  /** Whether a packet of now is to be dropped. */
  isAhead(speakerId: string, atMs: number): boolean {
    return (this.#untilMs.get(speakerId) ?? atMs) - atMs > mostAheadMs;
  }

  add(speakerId: string, lengthMs: number, atMs: number): void {
    const fromMs = Math.max(atMs, this.#untilMs.get(speakerId) ?? atMs);
    this.#untilMs.set(speakerId, fromMs + lengthMs);
  }

  clear(): void {
    this.#untilMs.clear();
  }
}
