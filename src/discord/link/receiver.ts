import '#src/discord/library/sodium.ts';
import {
  EndBehaviorType,
  type Networking,
  type VoiceConnection,
  type VoiceReceiver,
  type VoiceUDPSocket,
} from '@discordjs/voice';
import { isSealed, isSilenceFrame, type Packet } from '#src/audio/packet.ts';
import { filterSenders, leastVoiceBytes } from '#src/discord/library/library-guards.ts';
import {
  enlargeReceiveBuffer,
  type ReceiveBufferFault,
} from '#src/discord/library/receive-buffer.ts';
import {
  innerSsrcMap,
  opensFrames,
  resetGroup,
  udpOf,
} from '#src/discord/library/voice-library.ts';
import { GroupRecovery } from '#src/discord/watchdogs/group-recovery.ts';
import { ReceiveOverflow } from '#src/discord/watchdogs/receive-overflow.ts';
import type { MayHear } from '#src/session/ports/voice-link.ts';
import { HeldDatagrams } from './held-datagrams.ts';
import { tapPackets } from './packet-tap.ts';
import { realTiming, type SyncTiming } from './timing.ts';

/** What became of datagrams. */
export type ReceiverCounts = {
  /** Opened, and passed on as packets. */
  opened: number;
  /** From another address than the voice server's. */
  foreign: number;
  short: number;
  /** Packets of people who may not be heard; never decrypted. */
  notAllowed: number;
  /** Held because Discord had not said yet who speaks. */
  held: number;
  sealed: number;
  unparsed: number;
  /** More than 2 s ahead of real time; never decrypted. */
  ahead: number;
  /** Opened before; not decrypted again. */
  replayed: number;
  /** Dropped by the kernel: the receive buffer was full, for the process did not read it in time. */
  overflowed: number;
};

/** The receiving half of one connection: who may be heard is asked before anything is decrypted. */
export class ConsentedReceiver {
  readonly counts: ReceiverCounts = {
    opened: 0,
    foreign: 0,
    short: 0,
    notAllowed: 0,
    held: 0,
    sealed: 0,
    unparsed: 0,
    ahead: 0,
    replayed: 0,
    overflowed: 0,
  };
  readonly #connection: VoiceConnection;
  readonly #receiver: VoiceReceiver;
  readonly #mayHear: MayHear;
  readonly #timing: SyncTiming;
  readonly #bufferFault: (fault: ReceiveBufferFault) => void;
  readonly #overflow: ReceiveOverflow;
  readonly #held = new HeldDatagrams();
  readonly recovery: GroupRecovery;
  readonly #lastPacketAtMs = new Map<string, number>();
  readonly #restartTap: () => void;
  #lastDatagramAtMs: number | undefined;
  #open = true;

  /** To be made before the first networking exists. An error of `mayHear` goes to `fail`; `bufferFault`: of the voice socket. */
  constructor(
    connection: VoiceConnection,
    mayHear: MayHear,
    give: (packet: Packet) => void,
    fail: (error: unknown) => void,
    timing: SyncTiming = realTiming,
    bufferFault: (fault: ReceiveBufferFault) => void = () => undefined,
  ) {
    this.#bufferFault = bufferFault;
    this.#overflow = new ReceiveOverflow(timing, (datagrams) => {
      this.counts.overflowed += datagrams;
      bufferFault({ kind: 'overflowed', datagrams });
    });
    this.#timing = timing;
    this.#connection = connection;
    this.#receiver = connection.receiver;
    this.#mayHear = (speakerId) => {
      try {
        return this.#open && mayHear(speakerId);
      } catch (error) {
        fail(error);
        return false;
      }
    };
    this.recovery = new GroupRecovery(() => resetGroup(connection));
    const take = (packet: Packet) => {
      this.#judge(packet);
      give(packet);
    };
    this.#restartTap = tapPackets(this.#receiver, take, (fate) => this.counts[fate]++, timing);
    this.#receiver.ssrcMap.on('create', ({ audioSSRC, userId }) => this.#named(audioSSRC, userId));
    this.#receiver.ssrcMap.on('delete', ({ userId }) => {
      this.#lastPacketAtMs.delete(userId);
      this.#unsubscribe(userId);
    });
  }

  /** A new voice server: what was known of sources is void. */
  restart(networking: Networking): void {
    innerSsrcMap(this.#receiver).map.clear();
    this.#held.clear();
    this.#lastPacketAtMs.clear();
    this.#lastDatagramAtMs = undefined;
    this.#restartTap();
    this.#overflow.restart();
    this.recovery.restart();
    let last: VoiceUDPSocket | undefined;
    networking.on('stateChange', (_, state) => {
      const udp = udpOf(state);
      if (!udp || udp === last) return;
      last = udp;
      this.#overflow.restart(udp);
      enlargeReceiveBuffer(udp, this.#bufferFault);
      filterSenders(udp, (why) => this.counts[why]++);
      udp.prependListener('message', (datagram: Buffer) => this.#arrived(datagram));
    });
  }

  mayHear(speakerId: string): boolean {
    return this.#mayHear(speakerId);
  }

  /** When the last datagram came over the present voice server, also one that is no voice; undefined: none yet. */
  get lastDatagramAtMs(): number | undefined {
    return this.#lastDatagramAtMs;
  }

  /** When the last packet of this person came over the present voice server, heard or not. */
  lastPacketAtMs(speakerId: string): number | undefined {
    return this.#lastPacketAtMs.get(speakerId);
  }

  /** From here on nothing is decrypted any more. */
  close(): void {
    this.#open = false;
    this.#overflow.restart();
    this.#held.clear();
    for (const id of [...this.#receiver.subscriptions.keys()]) this.#unsubscribe(id);
  }

  /** Runs before the library's own listener sees the datagram. */
  #arrived(datagram: Buffer): void {
    this.#lastDatagramAtMs = this.#timing.nowMs();
    if (!isVoice(datagram)) return;
    const ssrc = datagram.readUInt32BE(8);
    this.#overflow.note(ssrc, datagram.readUInt16BE(2));
    const speakerId = this.#receiver.ssrcMap.get(ssrc)?.userId;
    if (speakerId !== undefined) this.#admit(speakerId);
    else if (this.#open) {
      this.counts.held++;
      this.#held.put(ssrc, datagram, this.#timing.nowMs());
    }
  }

  /** Discord said who it is; an older source of theirs is void. What is held of a person who may not be heard is dropped unopened. */
  #named(ssrc: number, speakerId: string): void {
    const { map } = innerSsrcMap(this.#receiver);
    for (const [older, { userId }] of map) {
      if (userId === speakerId && older !== ssrc) map.delete(older);
    }
    for (const datagram of this.#held.take(ssrc, this.#timing.nowMs())) {
      if (this.#admit(speakerId)) this.#receiver.onUdpMessage(datagram);
    }
  }

  /** Without a subscription the library never decrypts, so that is what permission grants. */
  #admit(speakerId: string): boolean {
    this.#lastPacketAtMs.set(speakerId, this.#timing.nowMs());
    if (!this.#mayHear(speakerId)) {
      this.counts.notAllowed++;
      this.#unsubscribe(speakerId);
      return false;
    }
    const stream = this.#receiver.subscriptions.get(speakerId);
    if (stream && !stream.destroyed) return true;
    this.#unsubscribe(speakerId);
    this.#receiver
      .subscribe(speakerId, { end: { behavior: EndBehaviorType.Manual } })
      .on('error', () => this.#unsubscribe(speakerId));
    return true;
  }

  /** At once: the library itself forgets a stream only when its `close` has been emitted. */
  #unsubscribe(speakerId: string): void {
    const stream = this.#receiver.subscriptions.get(speakerId);
    if (!stream) return;
    this.#receiver.subscriptions.delete(speakerId);
    stream.removeAllListeners('close');
    stream.destroy();
  }

  /** Silence frames are never sealed end to end. */
  #judge({ speakerId, opus, atMs }: Packet): void {
    if (isSilenceFrame(opus)) return;
    if (!isSealed(opus)) this.recovery.opened(speakerId);
    else if (opensFrames(this.#connection)) this.recovery.failed(speakerId, atMs);
  }
}

/** RTP version 2 carrying Opus. */
function isVoice(datagram: Buffer): boolean {
  const [first = 0, second = 0] = datagram;
  return datagram.length >= leastVoiceBytes && first >> 6 === 2 && (second & 127) === 120;
}
