import { DaveGroup, type DaveSend } from '#sandbox/dave/dave-group.ts';
import type { EncryptionMode, VoicePacket } from '#sandbox/voice/rtp-packet.ts';
import { voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
import type { VoiceCaller } from './voice-caller.ts';
import type { FaultSchedule } from './voice-faults.ts';

type VoiceCallOptions = {
  readonly dave: 0 | 1;
  readonly faults: FaultSchedule;
};

/** A call in one voice channel: its callers, their SSRCs and their end-to-end group. */
export class VoiceCall {
  readonly #dave: 0 | 1;
  readonly #faults: FaultSchedule;
  readonly #group: DaveGroup | undefined;
  readonly #callers = new Map<PersonId, VoiceCaller>();

  constructor(channelId: ChannelId, { dave, faults }: VoiceCallOptions) {
    this.#dave = dave;
    this.#faults = faults;
    this.#group = dave === 1 ? new DaveGroup(channelId) : undefined;
  }

  /** True once nobody is in the call: the call is over then. */
  get isEmpty(): boolean {
    return this.#callers.size === 0;
  }

  /**
   * Adds a caller after op 2, and introduces each to the other. Before op 2 a client
   * would not listen.
   */
  enter(caller: VoiceCaller): void {
    const others = [...this.#callers.values()];
    this.#callers.set(caller.userId, caller);
    if (others.length > 0) introduceCallers(caller, others);
    for (const otherCaller of others) introduceCallers(otherCaller, [caller]);
  }

  /**
   * Answers a right op 1 by op 4, the SSRCs of earlier speakers, and the way into the
   * group.
   */
  describeSession(caller: VoiceCaller, mode: EncryptionMode): void {
    const description = {
      mode,
      secret_key: [...caller.key],
      dave_protocol_version: this.#dave,
    };
    caller.chooseMode(mode);
    caller.send({ op: voiceOpcodes.sessionDescription, d: description });
    for (const otherCaller of this.listOthers(caller))
      if (otherCaller.isAnnounced) sendSsrc(caller, otherCaller);
    this.#deliverMessages(this.#group?.join(caller.userId));
  }

  /** Removes a caller, and tells the others (op 13). A caller of a former session changes nothing. */
  leave(caller: VoiceCaller): void {
    if (this.#callers.get(caller.userId) !== caller) return;
    this.#callers.delete(caller.userId);
    for (const otherCaller of this.#callers.values()) {
      otherCaller.send({
        op: voiceOpcodes.clientDisconnect,
        d: { user_id: caller.userId },
      });
    }
    this.#deliverMessages(this.#group?.leave(caller.userId));
  }

  /**
   * Announces a speaker (op 5) once: Discord names an SSRC when somebody first speaks,
   * not at each word.
   */
  announceSpeaking(caller: VoiceCaller): void {
    if (caller.isAnnounced) return;
    caller.isAnnounced = true;
    for (const otherCaller of this.listOthers(caller)) sendSsrc(otherCaller, caller);
  }

  /** Sends a packet of `from` to the other callers, each as a datagram of its own. A caller without the right to speak is not heard. */
  relayPacket(
    from: VoiceCaller,
    packet: VoicePacket,
    send: (datagram: Buffer, to: VoiceCaller) => void,
  ): void {
    if (!from.rights.speak) return;
    for (const otherCaller of this.listOthers(from)) {
      const { paddedStreams, rights, remote, secrets } = otherCaller;
      const padding = this.#faults.findPadding(otherCaller.userId);
      const packets = paddedStreams.padPacket(packet, padding);
      if (!rights.hear || !secrets || !remote) continue;
      for (const padded of packets)
        send(secrets.sealer.sealPacket(padded), otherCaller);
    }
  }

  /** Handles ops 26 and 28. Returns false for a malformed payload. */
  handleBinary(caller: VoiceCaller, opcode: number, payload: Buffer): boolean {
    const { userId } = caller;
    const messages =
      opcode === voiceOpcodes.keyPackage
        ? this.#group?.receiveKeyPackage(userId, payload)
        : this.#group?.receiveCommit(userId, payload);
    this.#deliverMessages(messages);
    return messages !== undefined;
  }

  /** Proposes to this caller alone to add a person outside the call, as a fault. */
  proposeStranger(caller: VoiceCaller): void {
    this.#deliverMessages(this.#group?.proposeStranger(caller.userId));
  }

  /** Ends encryption (0), or begins it again (1), as a fault. */
  changeVersion(version: 0 | 1): void {
    this.#deliverMessages(this.#group?.changeVersion(version));
  }

  /** Notes that a caller is ready for a transition (op 23). */
  markTransitionReady(caller: VoiceCaller, transitionId: number): void {
    this.#deliverMessages(this.#group?.markReady(caller.userId, transitionId));
  }

  /** Notes that a caller could not follow a commit (op 31). */
  receiveInvalidCommit(caller: VoiceCaller): void {
    this.#deliverMessages(this.#group?.receiveInvalidCommit(caller.userId));
  }

  /** Sends the messages of the group that are due now. The server calls this every 100 ms. */
  tick(): void {
    this.#deliverMessages(this.#group?.tick());
  }

  /** Lists everybody in the call but `caller`, in the order of their arrival. */
  listOthers(caller: VoiceCaller): readonly VoiceCaller[] {
    return [...this.#callers.values()].filter((otherCaller) => otherCaller !== caller);
  }

  #deliverMessages(messages: readonly DaveSend[] = []) {
    for (const { to, message } of messages) {
      for (const userId of to) this.#callers.get(userId)?.send(message);
    }
  }
}

/**
 * Introduces callers. Ops 18 and 20 follow 11 in public client logs. Their values are
 * those of a desktop client.
 */
function introduceCallers(to: VoiceCaller, callers: readonly VoiceCaller[]) {
  to.send({
    op: voiceOpcodes.clientsConnect,
    d: { user_ids: callers.map(({ userId }) => userId) },
  });
  for (const { userId } of callers) {
    to.send({ op: voiceOpcodes.clientFlags, d: { user_id: userId, flags: 0 } });
    to.send({ op: voiceOpcodes.clientPlatform, d: { user_id: userId, platform: 0 } });
  }
}

function sendSsrc(to: VoiceCaller, { userId, ssrc }: VoiceCaller) {
  to.send({ op: voiceOpcodes.speaking, d: { user_id: userId, ssrc, speaking: 1 } });
}
