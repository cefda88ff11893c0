import { DAVESession } from '@snazzah/davey';
import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';

const protocolVersion = 1;
const audioMediaType = 0;
/** Ends every sealed frame (DAVE protocol, "Payload Format"). */
const sealMark = 0xfafa;

/** The library below a member: davey, or another one with its methods. */
export type DaveSession = Pick<
  DAVESession,
  | 'ready'
  | 'getSerializedKeyPackage'
  | 'setExternalSender'
  | 'processProposals'
  | 'processCommit'
  | 'reinit'
  | 'getUserIds'
  | 'encryptOpus'
  | 'decrypt'
> & {
  processWelcome(welcome: Buffer, recognizedUserIds: string[]): void;
  /** A library that seals with the former keys until then. */
  executeTransition?(): void;
};
export type OpenDaveSession = (userId: PersonId, channelId: ChannelId) => DaveSession;

/** A frame without its end-to-end encryption. `sealed`: it had one. */
export interface OpenedFrame {
  readonly opus: Buffer;
  readonly sealed: boolean;
}

/** Opens a session of davey, the library that the bot uses as well. */
export const openDavey: OpenDaveSession = (userId, channelId) =>
  new DAVESession(protocolVersion, userId, channelId);

/**
 * One person's side of the end-to-end group, over davey or another library. Takes the server's messages and returns the answers.
 *
 * A message that cannot be processed is answered with op 31 and a new key package, as official clients do.
 */
export class DaveMember {
  readonly #userId: PersonId;
  readonly #channelId: ChannelId;
  readonly #session: DaveSession;
  /** Protocol versions by the transition that brings them. */
  readonly #transitions = new Map<number, number>();
  /** 0: nothing is sealed. */
  #version = protocolVersion;
  /** True while the member waits to be added again. Meanwhile it does not ask a second time. */
  #lost = false;

  constructor(
    userId: PersonId,
    channelId: ChannelId,
    openSession: OpenDaveSession = openDavey,
  ) {
    this.#userId = userId;
    this.#channelId = channelId;
    this.#session = openSession(userId, channelId);
  }

  /** Creates the key package, to be sent as soon as the session is described. */
  makeKeyPackage(): Extract<VoiceMessage, { readonly payload: Uint8Array }> {
    return {
      op: voiceOpcodes.keyPackage,
      payload: this.#session.getSerializedKeyPackage(),
    };
  }

  /**
   * Handles a binary message. `presentIds` are the ids of op 11 that op 13 has not
   * taken back.
   */
  handleBinary(
    opcode: number,
    payload: Buffer,
    presentIds: Iterable<PersonId>,
  ): VoiceMessage[] {
    try {
      if (opcode === voiceOpcodes.externalSender)
        this.#session.setExternalSender(payload);
      if (opcode === voiceOpcodes.proposals)
        return this.#handleProposals(payload, [...presentIds]);
      if (opcode === voiceOpcodes.announceCommit || opcode === voiceOpcodes.welcome)
        return this.#enterEpoch(opcode, payload, [...presentIds]);
      return [];
    } catch {
      return this.#recoverSession(payload.length > 1 ? payload.readUInt16BE() : 0);
    }
  }

  /**
   * Notes the version that a transition will bring (op 21). Transition 0 is executed at
   * once, any other is answered with op 23.
   */
  prepareTransition(transitionId: number, version: number): VoiceMessage[] {
    this.#transitions.set(transitionId, version);
    if (transitionId === 0) {
      this.executeTransition(transitionId);
      return [];
    }
    return [{ op: voiceOpcodes.transitionReady, d: { transition_id: transitionId } }];
  }

  /** Changes to the version of the transition (op 22). An unknown one changes nothing. */
  executeTransition(transitionId: number): void {
    this.#version = this.#transitions.get(transitionId) ?? this.#version;
    if (this.#transitions.delete(transitionId)) this.#session.executeTransition?.();
  }

  /** Begins a new group if `epoch` is 1 (op 24), by the key package that is returned. */
  prepareEpoch(epoch: number): VoiceMessage[] {
    return epoch === 1 ? [this.#restartSession()] : [];
  }

  /**
   * Returns whether the group is these people and oneself, and no change of it is under
   * way.
   */
  isGroupedWith(otherIds: readonly PersonId[]): boolean {
    if (!this.#session.ready || this.#transitions.size > 0) return false;
    const members = new Set(this.#session.getUserIds());
    return (
      members.size === otherIds.length + 1 && otherIds.every((id) => members.has(id))
    );
  }

  /**
   * Encrypts a frame, or returns the frame unchanged while there is no group. davey
   * seals no silence frames, while libdave does.
   */
  sealFrame(opus: Buffer): Buffer {
    const isSealed = this.#version > 0 && this.#session.ready;
    return isSealed ? this.#session.encryptOpus(opus) : opus;
  }

  /** Decrypts a frame. Throws for a frame that is sealed for another group. */
  openFrame(fromUserId: PersonId, frame: Buffer): OpenedFrame {
    const sealed =
      frame.length > 2 && frame.readUInt16BE(frame.length - 2) === sealMark;
    return {
      opus: sealed ? this.#session.decrypt(fromUserId, audioMediaType, frame) : frame,
      sealed,
    };
  }

  #handleProposals(payload: Buffer, presentIds: string[]) {
    const kind = payload.readUInt8() === 0 ? 0 : 1;
    const { commit, welcome } = this.#session.processProposals(
      kind,
      payload.subarray(1),
      presentIds,
    );
    if (!commit) return [];
    return [
      {
        op: voiceOpcodes.commitWelcome,
        payload: welcome ? Buffer.concat([commit, welcome]) : commit,
      },
    ];
  }

  #enterEpoch(opcode: number, payload: Buffer, presentIds: string[]) {
    const transitionId = payload.readUInt16BE();
    if (opcode === voiceOpcodes.welcome)
      this.#session.processWelcome(payload.subarray(2), presentIds);
    else this.#session.processCommit(payload.subarray(2));
    this.#lost = false;
    return this.prepareTransition(transitionId, protocolVersion);
  }

  #recoverSession(transitionId: number) {
    if (this.#lost) return [];
    this.#lost = true;
    return [
      { op: voiceOpcodes.invalidCommit, d: { transition_id: transitionId } },
      this.#restartSession(),
    ];
  }

  #restartSession() {
    this.#transitions.clear();
    this.#session.reinit(protocolVersion, this.#userId, this.#channelId);
    return this.makeKeyPackage();
  }
}
