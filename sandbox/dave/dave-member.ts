import { DAVESession } from '@snazzah/davey';
import { type VoiceMessage, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';

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
export type OpenDaveSession = (userId: string, channelId: string) => DaveSession;

export const openDavey: OpenDaveSession = (userId, channelId) =>
  new DAVESession(protocolVersion, userId, channelId);

/**
 * One person's side of the end-to-end group, over davey or another library. Takes the server's messages and returns the answers.
 *
 * A message that cannot be processed is answered with op 31 and a new key package, as official clients do.
 */
export class DaveMember {
  readonly #userId;
  readonly #channelId;
  readonly #session;
  /** Protocol versions by the transition that brings them. */
  readonly #transitions = new Map<number, number>();
  /** 0: nothing is sealed. */
  #version = protocolVersion;
  /** True while the member waits to be added again. Meanwhile it does not ask a second time. */
  #lost = false;

  constructor(userId: string, channelId: string, openSession = openDavey) {
    this.#userId = userId;
    this.#channelId = channelId;
    this.#session = openSession(userId, channelId);
  }

  /** Creates the key package, to be sent as soon as the session is described. */
  keyPackage(): Extract<VoiceMessage, { readonly payload: Uint8Array }> {
    return {
      op: voiceOpcodes.keyPackage,
      payload: this.#session.getSerializedKeyPackage(),
    };
  }

  /**
   * Handles a binary message. `present` are the ids of op 11 that op 13 has not taken
   * back.
   */
  handleBinary(
    opcode: number,
    payload: Buffer,
    present: Iterable<string>,
  ): VoiceMessage[] {
    try {
      if (opcode === voiceOpcodes.externalSender)
        this.#session.setExternalSender(payload);
      if (opcode === voiceOpcodes.proposals)
        return this.#handleProposals(payload, [...present]);
      if (opcode === voiceOpcodes.announceCommit || opcode === voiceOpcodes.welcome)
        return this.#enterEpoch(opcode, payload, [...present]);
      return [];
    } catch {
      return this.#recover(payload.length > 1 ? payload.readUInt16BE() : 0);
    }
  }

  prepareTransition(transitionId: number, version: number): VoiceMessage[] {
    this.#transitions.set(transitionId, version);
    if (transitionId === 0) {
      this.executeTransition(transitionId);
      return [];
    }
    return [{ op: voiceOpcodes.transitionReady, d: { transition_id: transitionId } }];
  }

  executeTransition(transitionId: number) {
    this.#version = this.#transitions.get(transitionId) ?? this.#version;
    if (this.#transitions.delete(transitionId)) this.#session.executeTransition?.();
  }

  /** Begins a new group if `epoch` is 1. */
  prepareEpoch(epoch: number): VoiceMessage[] {
    return epoch === 1 ? [this.#restart()] : [];
  }

  /**
   * Returns whether the group is these people and oneself, and no change of it is under
   * way.
   */
  hasKeysOf(others: readonly string[]) {
    if (!this.#session.ready || this.#transitions.size > 0) return false;
    const members = new Set(this.#session.getUserIds());
    return members.size === others.length + 1 && others.every((id) => members.has(id));
  }

  /**
   * Encrypts a frame, or returns the frame unchanged while there is no group. davey
   * seals no silence frames, while libdave does.
   */
  sealFrame(opus: Buffer) {
    const isSealed = this.#version > 0 && this.#session.ready;
    return isSealed ? this.#session.encryptOpus(opus) : opus;
  }

  /** Decrypts a frame. Throws for a frame that is sealed for another group. */
  openFrame(
    fromUserId: string,
    frame: Buffer,
  ): { readonly opus: Buffer; readonly sealed: boolean } {
    const sealed =
      frame.length > 2 && frame.readUInt16BE(frame.length - 2) === sealMark;
    return {
      opus: sealed ? this.#session.decrypt(fromUserId, audioMediaType, frame) : frame,
      sealed,
    };
  }

  #handleProposals(payload: Buffer, present: string[]) {
    const kind = payload.readUInt8() === 0 ? 0 : 1;
    const { commit, welcome } = this.#session.processProposals(
      kind,
      payload.subarray(1),
      present,
    );
    if (!commit) return [];
    return [
      {
        op: voiceOpcodes.commitWelcome,
        payload: welcome ? Buffer.concat([commit, welcome]) : commit,
      },
    ];
  }

  #enterEpoch(opcode: number, payload: Buffer, present: string[]) {
    const transitionId = payload.readUInt16BE();
    if (opcode === voiceOpcodes.welcome)
      this.#session.processWelcome(payload.subarray(2), present);
    else this.#session.processCommit(payload.subarray(2));
    this.#lost = false;
    return this.prepareTransition(transitionId, protocolVersion);
  }

  #recover(transitionId: number) {
    if (this.#lost) return [];
    this.#lost = true;
    return [
      { op: voiceOpcodes.invalidCommit, d: { transition_id: transitionId } },
      this.#restart(),
    ];
  }

  #restart() {
    this.#transitions.clear();
    this.#session.reinit(protocolVersion, this.#userId, this.#channelId);
    return this.keyPackage();
  }
}
