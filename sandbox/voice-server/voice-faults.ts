import { randomBytes, randomInt } from 'node:crypto';
import { type EncryptionMode, encryptionModes } from '#sandbox/voice/rtp-packet.ts';
import { voiceCloseReasons, voiceOpcodes } from '#sandbox/voice/voice-opcodes.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { realClock } from '#src/base/clock.ts';
import { createFaultyPath, type FaultyPath } from './faulty-path.ts';
import type { VoiceCaller } from './voice-caller.ts';
import type { VoiceCalls } from './voice-calls.ts';
import type { PaddingFaults } from './voice-padding.ts';
import type { VoiceUdp } from './voice-udp.ts';

/** A point in the life of a voice connection: op 0 came (nothing is answered), or op 7 came (the resume is refused). */
type VoiceStep = 'identify' | 'resume';
/** `up` leads from the person to the server, `down` back. Both default to perfect. */
export type NetworkFaults = { readonly up?: PathFaults; readonly down?: PathFaults };

/** Faults set for one person. */
type PersonFaults = {
  ways: { readonly up?: FaultyPath; readonly down?: FaultyPath };
  /** Close codes by the step at which they are sent. */
  readonly closes: Map<VoiceStep, { readonly code: number; times: number }>;
  /** Delays, in ms, by opcode of the message. */
  readonly lateMs: Map<number, number>;
  padding: PaddingFaults | undefined;
};

/** The faults that were asked for and have not been healed. The server looks them up wherever they apply. */
export class FaultSchedule {
  /** For new sockets of everybody: `hang` takes them and says nothing at all, `refuse` ends their handshake with a 503. */
  connections: 'open' | 'hang' | 'refuse' = 'open';
  /** Modes that new sockets offer. Discord prefers the first of all (https://discord.com/developers/docs/topics/voice-connections#transport-encryption-modes). */
  modes: readonly EncryptionMode[] = encryptionModes;
  readonly #closing;
  readonly #people = new Map<string, PersonFaults>();

  /** Creates the schedule. After `closing` nothing that is late arrives any more. */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  setNetworkFaults(userId: string, { up, down }: NetworkFaults) {
    const opened = (way?: PathFaults) => way && createFaultyPath(way, this.#closing);
    this.getPersonFaults(userId).ways = { up: opened(up), down: opened(down) };
  }

  healNetwork(userId?: string) {
    if (userId !== undefined) this.#people.delete(userId);
    else {
      this.#people.clear();
      this.connections = 'open';
      this.modes = encryptionModes;
    }
  }

  getPersonFaults(userId: string): PersonFaults {
    const none = { ways: {}, closes: new Map(), lateMs: new Map(), padding: undefined };
    const faults: PersonFaults = this.#people.get(userId) ?? none;
    this.#people.set(userId, faults);
    return faults;
  }

  /** Lets a datagram travel from (`up`) or to (`down`) this person. */
  carryDatagram(
    userId: string | undefined,
    direction: 'up' | 'down',
    deliver: () => void,
  ) {
    const way =
      userId === undefined ? undefined : this.#people.get(userId)?.ways[direction];
    if (way) way.passDatagram(deliver);
    else deliver();
  }

  /**
   * Finds the code to close this person's socket with, now that `step` is reached, and
   * counts it as used.
   */
  takeClose(userId: string, step: VoiceStep) {
    const close = this.#people.get(userId)?.closes.get(step);
    if (!close || close.times === 0) return undefined;
    close.times--;
    return close.code;
  }

  /** Finds the padding of all that this person hears. */
  padding(userId: string) {
    return this.#people.get(userId)?.padding;
  }

  /** Passes on a message with `opcode`, to this person or from them, now or later. */
  postMessage(userId: string, opcode: number, pass: () => void) {
    const ms = this.#people.get(userId)?.lateMs.get(opcode) ?? 0;
    if (ms <= 0) pass();
    else this.runAfter(ms, pass);
  }

  runAfter(ms: number, then: () => void) {
    realClock.sleep(ms, this.#closing).then(then, () => {}); // closed: nobody is there
  }
}

/** No close frame carries 1006. It stands for a socket that is cut. */
export const cutCloseCode = 1006;

/** Returns whether a client may come back to its session after this close code. */
export function isResumable(code: number) {
  return code < 4000 || code === voiceCloseReasons.serverCrashed;
}

export type VoiceFaults = ReturnType<typeof makeVoiceFaults>;

const delayedOpcodes = {
  speaking: voiceOpcodes.speaking,
  arrival: voiceOpcodes.clientsConnect,
  commit: voiceOpcodes.commitWelcome,
  change: voiceOpcodes.announceCommit,
} as const;
const [junkBytes, cameraBytes] = [172, 1_100];
/** Payload type that Discord's clients choose for H.264. */
const cameraPayloadType = 101;
const maxShortBytes = 20;

/**
 * Makes faults of one person's calls, on demand. The person need not be there yet, and
 * others notice nothing. Faults that last are kept in `faults`. Those of the moment
 * happen at once.
 */
export function makeVoiceFaults(
  faults: FaultSchedule,
  calls: VoiceCalls,
  udp: VoiceUdp,
) {
  return {
    /** Replaces the former faults. */
    network: (userId: string, ways: NetworkFaults) =>
      faults.setNetworkFaults(userId, ways),
    /** Closes with `code` whenever `step` is reached, or so often. */
    closeAt(
      userId: string,
      step: VoiceStep,
      code: number,
      times = Number.POSITIVE_INFINITY,
    ) {
      faults.getPersonFaults(userId).closes.set(step, { code, times });
    },
    /**
     * Delays messages of these kinds by `byMs`, so that others overtake them: that
     * somebody speaks (op 5) or comes (op 11), or that the group is another one (op
     * 29), told to this person, or their commits (op 28), as a slow machine does.
     */
    late(userId: string, message: keyof typeof delayedOpcodes, byMs: number) {
      faults.getPersonFaults(userId).lateMs.set(delayedOpcodes[message], byMs);
    },
    /** Adds padding to all that this person hears. */
    pad(userId: string, padding: PaddingFaults) {
      faults.getPersonFaults(userId).padding = padding;
    },
    /** Proposes to this person alone to add a person to the end-to-end group that is not in the call and was never announced. */
    proposeStranger(userId: string) {
      for (const caller of calls.listPersonCallers(userId))
        calls.getCall(caller)?.proposeStranger(caller);
    },
    /**
     * Continues the call of this person without end-to-end encryption (0), or again
     * with it (1).
     */
    changeVersion(userId: string, version: 0 | 1) {
      for (const caller of calls.listPersonCallers(userId))
        calls.getCall(caller)?.changeVersion(version);
    },
    connections(state: FaultSchedule['connections']) {
      faults.connections = state;
    },
    /** Offers only this mode of encryption to new sockets of everybody. */
    offerOnly(mode: EncryptionMode) {
      faults.modes = [mode];
    },
    /** Ends the faults of that person, or all of them. Datagrams under way still arrive. */
    heal: (userId?: string) => faults.healNetwork(userId),
    /** Leaves the present socket half open: from now on it reads and says nothing, and does not close. */
    freeze(userId: string) {
      for (const caller of calls.listPersonCallers(userId)) caller.freeze();
    },
    /** Sends the person a frame as it is, JSON or bytes, without a number of its own. */
    send(userId: string, frame: string | Buffer) {
      for (const caller of calls.listPersonCallers(userId)) caller.sendMessage(frame);
    },
    /**
     * Sends a datagram that is no voice, past `network`: `junk` looks like voice of somebody else in the call, and is noise. `short`
     * has 0 to 20 random bytes. `makeCameraPacket` is a genuine packet of their camera. Nothing happens until IP discovery has told where the
     * person is.
     */
    forge(userId: string, kind: 'junk' | 'short' | 'camera') {
      for (const caller of calls.listPersonCallers(userId)) {
        const [other] = calls.getCall(caller)?.listOthers(caller) ?? [];
        const short = () => randomBytes(randomInt(maxShortBytes + 1));
        if (kind === 'camera')
          udp.forgeDatagram(makeCameraPacket(caller, other?.ssrc), caller);
        else
          udp.forgeDatagram(
            kind === 'short' ? short() : makeJunkPacket(other?.ssrc),
            caller,
          );
      }
    },
    /** Closes the present socket with `code`. The session stays for a resume with codes below 4000 and 4015. */
    close(userId: string, code: number) {
      for (const caller of calls.listPersonCallers(userId))
        calls.failCaller(caller, code);
    },
  };
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
