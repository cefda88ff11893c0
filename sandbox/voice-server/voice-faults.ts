import type { VoiceFaults } from '#sandbox/voice/voice-ports.ts';
import type { Clock } from '#src/base/clock.ts';
import type { VoiceCalls } from './voice-calls.ts';
import { checkCloseCode, type FaultSchedule } from './voice-fault-schedule.ts';
import { forged } from './voice-forgery.ts';
import type { VoiceUdp } from './voice-udp.ts';

/** Faults that last are kept in `faults`; those of the moment happen at once. */
export function voiceFaults(
  faults: FaultSchedule,
  calls: VoiceCalls,
  udp: VoiceUdp,
  clock: Clock,
): VoiceFaults {
  return {
    network: (userId, ways) => faults.network(userId, ways),
    closeAt: (userId, step, code) => faults.closeAt(userId, step, code),
    late: (userId, event, byMs) => faults.late(userId, event, byMs),
    connections: (state) => faults.connections(state),
    heal: (userId) => faults.heal(userId),
    freeze(userId) {
      for (const caller of calls.ofPerson(userId)) caller.freeze();
    },
    send(userId, frame) {
      for (const caller of calls.ofPerson(userId)) caller.sendMessage(frame);
    },
    forge(userId, forgery) {
      for (const caller of calls.ofPerson(userId)) {
        udp.forge(forged(forgery.datagram, caller, calls.besides(caller)), caller, forgery.from);
      }
    },
    close(userId, code) {
      checkCloseCode(code);
      for (const caller of calls.ofPerson(userId)) calls.fail(caller, code, clock.nowMs());
    },
  };
}
