import type { VoiceFaults } from '#sandbox/voice/voice-ports.ts';
import type { Clock } from '#src/base/clock.ts';
import type { VoiceCalls } from './voice-calls.ts';
import { checkCloseCode, type FaultBook } from './voice-fault-book.ts';
import { forged } from './voice-forgery.ts';
import type { VoiceUdp } from './voice-udp.ts';

/** Faults that last are kept in `book`; those of the moment happen at once. */
export function voiceFaults(
  book: FaultBook,
  calls: VoiceCalls,
  udp: VoiceUdp,
  clock: Clock,
): VoiceFaults {
  return {
    network: (userId, ways) => book.network(userId, ways),
    garble: (userId, on) => book.garble(userId, on),
    ignoreDiscovery: (userId, times) => book.ignoreDiscovery(userId, times),
    closeAt: (userId, step, code, times) => book.closeAt(userId, step, code, times),
    late: (userId, event, byMs) => book.late(userId, event, byMs),
    connections: (state) => book.connections(state),
    heal: (userId) => book.heal(userId),
    freeze(userId) {
      for (const caller of calls.ofPerson(userId)) caller.freeze();
    },
    tell(userId, frame) {
      for (const caller of calls.ofPerson(userId)) caller.tell(frame);
    },
    rebind(userId) {
      for (const caller of calls.ofPerson(userId)) caller.rebind();
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
