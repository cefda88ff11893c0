import { randomBytes, randomInt } from 'node:crypto';
import { type EncryptionMode, encryptionModes } from '#sandbox/voice/rtp-packet.ts';
import { voiceCloseReasons, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { FaultyPath } from './faulty-path.ts';
import type { VoiceCaller } from './voice-caller.ts';
import type { VoiceCalls } from './voice-calls.ts';
import type { PaddingFaults } from './voice-padding.ts';
import type { VoiceUdp } from './voice-udp.ts';

/** A point in the life of a voice connection: op 0 came (nothing is answered), or op 7 came (the resume is refused). */
type VoiceStep = 'identify' | 'resume';
/** Faults of a person's network: `up` leads from the person to the server, `down` back. Both default to perfect. */
export type NetworkFaults = { readonly up?: PathFaults; readonly down?: PathFaults };

/** Faults set for one person. */
export type PersonFaults = {
  paths: { readonly up?: FaultyPath; readonly down?: FaultyPath };
  /** Close codes by the step at which they are sent. */
  readonly closes: Map<VoiceStep, { readonly code: number; times: number }>;
  /** Delays, in ms, by opcode of the message. */
  readonly lateMs: Map<number, number>;
  padding: PaddingFaults | undefined;
  /** False: IP discovery is answered before a call alone. */
  answersInCall: boolean;
};

/** The faults that were asked for and have not been healed. The server looks them up wherever they apply. */
export class FaultSchedule {
  /** For new sockets of everybody: `hang` takes them and says nothing at all, `refuse` ends their handshake with a 503. */
  connections: 'open' | 'hang' | 'refuse' = 'open';
  /** Modes that new sockets offer. Discord prefers the first of all (https://discord.com/developers/docs/topics/voice-connections#transport-encryption-modes). */
  modes: readonly EncryptionMode[] = encryptionModes;
  readonly #closing: AbortSignal;
  readonly #people = new Map<PersonId, PersonFaults>();

  /** Creates the schedule. After `closing` nothing that is late arrives any more. */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  /** Replaces the faults of this person's network, both ways. */
  setNetworkFaults(userId: PersonId, { up, down }: NetworkFaults): void {
    const openPath = (path?: PathFaults) => path && new FaultyPath(path, this.#closing);
    this.getPersonFaults(userId).paths = { up: openPath(up), down: openPath(down) };
  }

  /** Ends the faults of that person, or all of them. */
  healNetwork(userId?: PersonId): void {
    if (userId !== undefined) this.#people.delete(userId);
    else {
      this.#people.clear();
      this.connections = 'open';
      this.modes = encryptionModes;
    }
  }

  /** Gets the faults of one person, to be changed in place. None at first. */
  getPersonFaults(userId: PersonId): PersonFaults {
    const faults: PersonFaults = this.#people.get(userId) ?? {
      paths: {},
      closes: new Map(),
      lateMs: new Map(),
      padding: undefined,
      answersInCall: true,
    };
    this.#people.set(userId, faults);
    return faults;
  }

  /** Lets a datagram travel from (`up`) or to (`down`) this person. */
  carryDatagram(
    userId: PersonId | undefined,
    direction: 'up' | 'down',
    deliver: () => void,
  ): void {
    const path =
      userId === undefined ? undefined : this.#people.get(userId)?.paths[direction];
    if (path) path.passDatagram(deliver);
    else deliver();
  }

  /**
   * Finds the code to close this person's socket with, now that `step` is reached, and
   * counts it as used.
   */
  takeClose(userId: PersonId, step: VoiceStep): number | undefined {
    const close = this.#people.get(userId)?.closes.get(step);
    if (!close || close.times === 0) return undefined;
    close.times--;
    return close.code;
  }

  /** Tests whether IP discovery of this person is answered in the middle of a call. */
  answersInCall(userId: PersonId): boolean {
    return this.#people.get(userId)?.answersInCall ?? true;
  }

  /** Finds the padding of all that this person hears. */
  findPadding(userId: PersonId): PaddingFaults | undefined {
    return this.#people.get(userId)?.padding;
  }

  /** Passes on a message with `opcode`, to this person or from them, now or later. */
  postMessage(userId: PersonId, opcode: number, pass: () => void): void {
    const ms = this.#people.get(userId)?.lateMs.get(opcode) ?? 0;
    if (ms <= 0) pass();
    else this.runAfter(ms, pass);
  }

  /** Calls `then` after `ms`, unless the server is closed before. */
  runAfter(ms: number, then: () => void): void {
    realClock.sleep(ms, this.#closing).then(then, () => {}); // closed: nobody is there
  }
}

/** No close frame carries 1006. It stands for a socket that is cut. */
export const cutCloseCode: number = 1006;

/** Returns whether a client may come back to its session after this close code. */
export function isResumable(code: number): boolean {
  return code < 4000 || code === voiceCloseReasons.serverCrashed;
}

/** A message that a fault can delay: that somebody speaks or comes, a commit, or a change of the group. */
export type DelayedMessage = 'speaking' | 'arrival' | 'commit' | 'change';

const delayedOpcodes: Readonly<Record<DelayedMessage, number>> = {
  speaking: voiceOpcodes.speaking,
  arrival: voiceOpcodes.clientsConnect,
  commit: voiceOpcodes.commitWelcome,
  change: voiceOpcodes.announceCommit,
};
const junkBytes = 172;
const cameraBytes = 1_100;
/** Payload type that Discord's clients choose for H.264. */
const cameraPayloadType = 101;
const maxShortBytes = 20;

/**
 * Faults of one person's calls, on demand. The person need not be there yet, and others
 * notice nothing. Faults that last are kept in the schedule. Those of the moment happen
 * at once.
 */
export class VoiceFaults {
  readonly #schedule: FaultSchedule;
  readonly #calls: VoiceCalls;
  readonly #udp: VoiceUdp;

  constructor(schedule: FaultSchedule, calls: VoiceCalls, udp: VoiceUdp) {
    this.#schedule = schedule;
    this.#calls = calls;
    this.#udp = udp;
  }

  /** Sets the faults of this person's network. Replaces the former ones. */
  setNetwork(userId: PersonId, faults: NetworkFaults): void {
    this.#schedule.setNetworkFaults(userId, faults);
  }

  /** Closes with `code` whenever `step` is reached, or so often. */
  closeAt(
    userId: PersonId,
    step: VoiceStep,
    code: number,
    times: number = Number.POSITIVE_INFINITY,
  ): void {
    this.#schedule.getPersonFaults(userId).closes.set(step, { code, times });
  }

  /**
   * Delays messages of these kinds by `byMs`, so that others overtake them: that somebody
   * speaks (op 5) or comes (op 11), or that the group is another one (op 29), told to
   * this person, or the commits of this person (op 28), as a slow machine does.
   */
  delayMessage(userId: PersonId, message: DelayedMessage, byMs: number): void {
    this.#schedule.getPersonFaults(userId).lateMs.set(delayedOpcodes[message], byMs);
  }

  /** Adds padding to all that this person hears. */
  pad(userId: PersonId, padding: PaddingFaults): void {
    this.#schedule.getPersonFaults(userId).padding = padding;
  }

  /** Leaves IP discovery of this person unanswered in the middle of calls, which Discord does not document. */
  ignoreDiscovery(userId: PersonId): void {
    this.#schedule.getPersonFaults(userId).answersInCall = false;
  }

  /** Gives the present calls of this person another address outside, as a router does that has forgotten them: voice goes to the former one. */
  moveAddress(userId: PersonId): void {
    for (const caller of this.#calls.listPersonCallers(userId))
      caller.remote = undefined;
  }

  /** Proposes to this person alone to add a person to the end-to-end group that is not in the call and was never announced. */
  proposeStranger(userId: PersonId): void {
    for (const caller of this.#calls.listPersonCallers(userId))
      this.#calls.findCall(caller)?.proposeStranger(caller);
  }

  /**
   * Continues the call of this person without end-to-end encryption (0), or again with it
   * (1).
   */
  changeVersion(userId: PersonId, version: 0 | 1): void {
    for (const caller of this.#calls.listPersonCallers(userId))
      this.#calls.findCall(caller)?.changeVersion(version);
  }

  /** Sets how new sockets of everybody are let in, until healed. */
  setConnections(state: FaultSchedule['connections']): void {
    this.#schedule.connections = state;
  }

  /** Offers only this mode of encryption to new sockets of everybody. */
  offerOnly(mode: EncryptionMode): void {
    this.#schedule.modes = [mode];
  }

  /** Ends the faults of that person, or all of them. Datagrams under way still arrive. */
  heal(userId?: PersonId): void {
    this.#schedule.healNetwork(userId);
  }

  /** Leaves the present socket half open: from now on it reads and says nothing, and does not close. */
  freeze(userId: PersonId): void {
    for (const caller of this.#calls.listPersonCallers(userId)) caller.freeze();
  }

  /** Sends the person a frame as it is, JSON or bytes, without a number of its own. */
  send(userId: PersonId, frame: string | Buffer): void {
    for (const caller of this.#calls.listPersonCallers(userId))
      caller.sendUnnumbered(frame);
  }

  /**
   * Sends a datagram that is no voice, past `network`: `junk` looks like voice of somebody else in the call, and is noise. `short`
   * has 0 to 20 random bytes. `camera` is a genuine packet of a camera. Nothing happens until IP discovery has told where the
   * person is.
   */
  forge(userId: PersonId, kind: 'junk' | 'short' | 'camera'): void {
    for (const caller of this.#calls.listPersonCallers(userId)) {
      const [other] = this.#calls.findCall(caller)?.listOthers(caller) ?? [];
      this.#udp.forgeDatagram(makeForgedDatagram(kind, caller, other?.ssrc), caller);
    }
  }

  /** Closes the present socket with `code`. The session stays for a resume with codes below 4000 and 4015. */
  close(userId: PersonId, code: number): void {
    for (const caller of this.#calls.listPersonCallers(userId))
      this.#calls.failCaller(caller, code);
  }
}

function makeForgedDatagram(
  kind: 'junk' | 'short' | 'camera',
  caller: VoiceCaller,
  ssrc: number | undefined,
) {
  switch (kind) {
    case 'junk':
      return makeJunkPacket(ssrc);
    case 'short':
      return randomBytes(randomInt(maxShortBytes + 1));
    case 'camera':
      return makeCameraPacket(caller, ssrc);
  }
}

/** Makes a packet of a camera, which has the SSRC after that of the microphone. */
function makeCameraPacket({ secrets }: VoiceCaller, ssrc = 0) {
  const payload = randomBytes(cameraBytes);
  const packet = {
    sequence: 1,
    timestamp: 1,
    ssrc: ssrc + 1,
    payload,
    payloadType: cameraPayloadType,
  };
  return secrets?.sealer.sealPacket(packet) ?? payload;
}

function makeJunkPacket(ssrc = 0) {
  const datagram = randomBytes(junkBytes);
  datagram.set([0x90, 120]);
  datagram.writeUInt32BE(ssrc, 8);
  return datagram;
}
