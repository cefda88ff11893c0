import type { VoiceConnection, VoiceReceiver } from '@discordjs/voice';
import { isSealed, isSilenceFrame, type Packet } from '#src/audio/packet.ts';
import type { MayHear } from '#src/conversation/ports/voice-link.ts';
import { innerReceiver, opensFrames, resetGroup } from '#src/discord/library/voice-library.ts';
import type { PacketHeader } from '#src/people/unheard-packets.ts';
import { GroupRecovery } from './group-recovery.ts';
import { PacketOpener } from './packet-opener.ts';
import { realTiming, type SyncTiming } from './timing.ts';

/** Counts of datagrams by outcome. */
export type ReceiverCounts = {
  /** Opened, and passed on as packets. */
  opened: number;
  /** Packets of people who may not be heard; never decrypted. */
  notAllowed: number;
  /** Held because Discord had not said yet who speaks. */
  held: number;
  sealed: number;
  unparsed: number;
  /** Datagrams more than 2 s ahead of real time; never decrypted. */
  ahead: number;
  /** Opened before; not decrypted again. */
  replayed: number;
};

/** The receiving half of one connection: who may be heard is asked before anything is decrypted. */
export class ConsentedReceiver {
  readonly counts: ReceiverCounts = {
    opened: 0,
    notAllowed: 0,
    held: 0,
    sealed: 0,
    unparsed: 0,
    ahead: 0,
    replayed: 0,
  };
  readonly #connection: VoiceConnection;
  readonly #receiver: VoiceReceiver;
  readonly #mayHear: MayHear;
  readonly #fail: (error: unknown) => void;
  readonly #timing: SyncTiming;
  readonly #held = new HeldDatagrams();
  readonly #recovery: GroupRecovery;
  /** Told of the header of each packet of a person who may not be heard. An error of it goes to `fail`. */
  onUnheard: (packet: PacketHeader) => void = () => undefined;
  readonly #lastPacketAtMs = new Map<string, number>();
  readonly #opener: PacketOpener;
  #open = true;

  /** To be made before the first networking exists. An error of `mayHear` goes to `fail`. */
  constructor(
    connection: VoiceConnection,
    mayHear: MayHear,
    give: (packet: Packet) => void,
    fail: (error: unknown) => void,
    timing: SyncTiming = realTiming,
  ) {
    this.#timing = timing;
    this.#connection = connection;
    this.#receiver = connection.receiver;
    this.#fail = fail;
    this.#mayHear = (speakerId) => {
      try {
        return this.#open && mayHear(speakerId);
      } catch (error) {
        fail(error);
        return false;
      }
    };
    this.#recovery = new GroupRecovery(() => resetGroup(connection));
    this.#opener = new PacketOpener(this.#receiver, (packet) => {
      this.#judge(packet);
      give(packet);
    });
    // In place of the library's own way, which sets a timer and needs a stream for each speaker.
    this.#receiver.onUdpMessage = (datagram) => this.#arrived(datagram);
    this.#receiver.ssrcMap.on('create', ({ audioSSRC, userId }) => this.#named(audioSSRC, userId));
    this.#receiver.ssrcMap.on('delete', ({ userId }) => this.#lastPacketAtMs.delete(userId));
  }

  /** Forgets all sources: there is a new voice server. */
  restart(): void {
    innerReceiver(this.#receiver).ssrcMap.map.clear();
    this.#held.clear();
    this.#lastPacketAtMs.clear();
    this.#opener.restart();
    this.#recovery.restart();
  }

  mayHear(speakerId: string): boolean {
    return this.#mayHear(speakerId);
  }

  /** When the last packet of this person came over the present voice server, heard or not. */
  lastPacketAtMs(speakerId: string): number | undefined {
    return this.#lastPacketAtMs.get(speakerId);
  }

  /** Ends decryption for good. */
  close(): void {
    this.#open = false;
    this.#held.clear();
  }

  #arrived(datagram: Buffer): void {
    if (!isVoice(datagram)) return;
    const atMs = this.#timing.nowMs();
    const ssrc = datagram.readUInt32BE(8);
    const speakerId = this.#receiver.ssrcMap.get(ssrc)?.userId;
    if (speakerId !== undefined) this.#hear(datagram, speakerId, atMs);
    else if (this.#open) {
      this.counts.held++;
      this.#held.put(ssrc, datagram, atMs);
    }
  }

  /**
   * Discord named the speaker of a source; an older source of theirs is void. Held datagrams of a person who may not be
   * heard are dropped unopened.
   */
  #named(ssrc: number, speakerId: string): void {
    const { map } = innerReceiver(this.#receiver).ssrcMap;
    for (const [older, { userId }] of map) {
      if (userId === speakerId && older !== ssrc) map.delete(older);
    }
    const atMs = this.#timing.nowMs();
    for (const datagram of this.#held.take(ssrc, atMs)) this.#hear(datagram, speakerId, atMs);
  }

  /** Hears a datagram; no packet of a person who may not be heard is decrypted. */
  #hear(datagram: Buffer, speakerId: string, atMs: number): void {
    this.#lastPacketAtMs.set(speakerId, atMs);
    if (this.#mayHear(speakerId)) this.counts[this.#opener.open(datagram, speakerId, atMs)]++;
    else this.#unheard(datagram, speakerId, atMs);
  }

  /** Reads the header alone. */
  #unheard(datagram: Buffer, speakerId: string, atMs: number): void {
    this.counts.notAllowed++;
    if (!this.#open) return;
    const [ssrc, sequence] = [datagram.readUInt32BE(8), datagram.readUInt16BE(2)];
    try {
      this.onUnheard({ speakerId, ssrc, sequence, atMs });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Silence frames are never sealed end to end. */
  #judge({ speakerId, opus, atMs }: Packet): void {
    if (isSilenceFrame(opus)) return;
    if (!isSealed(opus)) this.#recovery.opened(speakerId);
    else if (opensFrames(this.#connection)) this.#recovery.failed(speakerId, atMs);
  }
}

/** RTP header, tag and counter: a voice datagram without any payload. */
const leastVoiceBytes = 12 + 16 + 4;

/** RTP version 2 carrying Opus. */
function isVoice(datagram: Buffer): boolean {
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
    const waiting = this.#bySource.get(ssrc) ?? this.#open(ssrc);
    waiting.push({ atMs, datagram });
    if (waiting.length > maxPackets) waiting.shift();
  }

  /** Takes the datagrams from `ssrc` of the last 500 ms, oldest first; they are forgotten here. */
  take(ssrc: number, atMs: number): Buffer[] {
    const waiting = this.#bySource.get(ssrc) ?? [];
    this.#bySource.delete(ssrc);
    return waiting.filter((one) => atMs - one.atMs <= maxAgeMs).map((one) => one.datagram);
  }

  clear(): void {
    this.#bySource.clear();
  }

  #open(ssrc: number): Waiting[] {
    const [first] = this.#bySource.keys();
    if (first !== undefined && this.#bySource.size >= maxSources) this.#bySource.delete(first);
    const waiting: Waiting[] = [];
    this.#bySource.set(ssrc, waiting);
    return waiting;
  }
}
