import { randomBytes, randomInt } from 'node:crypto';
import type { VoiceCalls } from './voice-calls.ts';
import type { FaultSchedule, NetworkFaults, VoiceStep } from './voice-fault-schedule.ts';
import type { VoiceUdp } from './voice-udp.ts';

export type VoiceFaults = ReturnType<typeof voiceFaults>;

const junkBytes = 172;
const longestShortBytes = 20;

/**
 * Faults of one person's calls, on demand; the person need not be there yet, and others notice nothing. Faults that last are
 * kept in `faults`; those of the moment happen at once.
 */
export function voiceFaults(faults: FaultSchedule, calls: VoiceCalls, udp: VoiceUdp) {
  return {
    /** Replaces what was said before. */
    network: (userId: string, ways: NetworkFaults) => faults.network(userId, ways),
    /** Closes with `code` whenever `step` is reached. */
    closeAt(userId: string, step: VoiceStep, code: number): void {
      faults.of(userId).closes.set(step, code);
    },
    /** Op 5 comes `byMs` later than it should, so others overtake it. */
    lateSpeaking(userId: string, byMs: number): void {
      faults.of(userId).speakingMs = byMs;
    },
    connections(state: FaultSchedule['connections']): void {
      faults.connections = state;
    },
    /** Ends the faults of that person, or all of them. What is already under way still arrives. */
    heal: (userId?: string) => faults.heal(userId),
    /** Leaves the present socket half open: from now on it reads and says nothing, and does not close. */
    freeze(userId: string): void {
      for (const caller of calls.ofPerson(userId)) caller.freeze();
    },
    /** Sends the person a frame as it is, JSON or bytes, without a number of its own. */
    send(userId: string, frame: string | Buffer): void {
      for (const caller of calls.ofPerson(userId)) caller.sendMessage(frame);
    },
    /**
     * Sends a datagram that a client is to refuse, past `network`: `junk` looks like voice of somebody else in the call, and is
     * noise; `short` has 0 to 20 random bytes. Nothing happens until IP discovery has told where the person is.
     */
    forge(userId: string, kind: 'junk' | 'short'): void {
      for (const caller of calls.ofPerson(userId)) {
        const [other] = calls.callOf(caller)?.others(caller) ?? [];
        const short = () => randomBytes(randomInt(longestShortBytes + 1));
        udp.forge(kind === 'short' ? short() : junk(other?.ssrc), caller);
      }
    },
    /** Closes the present socket with `code`. The session stays for a resume with codes below 4000 and 4015. */
    close(userId: string, code: number): void {
      for (const caller of calls.ofPerson(userId)) calls.fail(caller, code);
    },
  };
}

function junk(ssrc = 0): Buffer {
  const datagram = randomBytes(junkBytes);
  datagram.set([0x90, 120]);
  datagram.writeUInt32BE(ssrc, 8);
  return datagram;
}
