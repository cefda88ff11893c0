import type { EventFault, Gateway } from '#sandbox/gateway/gateway.ts';
import type { RestFault, RestServer } from '#sandbox/rest/rest-server.ts';
import type { VoiceFaults } from '#sandbox/voice-server/voice-faults.ts';

/** Whether requests for a seat are answered, and those to leave one. */
export type SeatFaults = { ignored: number; keepsSeats: boolean };

/** Faults of the real Discord, on demand. */
export function faultsOf(parts: {
  readonly gateway: Gateway;
  readonly rest: RestServer;
  readonly seatFaults: SeatFaults;
  readonly voice: { readonly faults: VoiceFaults };
}) {
  const { gateway, rest, seatFaults, voice } = parts;
  return {
    /** Errors, slowness and cut connections of REST. */
    rest: (fault: RestFault) => rest.faults.add(fault),
    /** Lost or doubled events: INTERACTION_CREATE twice, VOICE_STATE_UPDATE never. */
    event: (fault: EventFault) => gateway.faults.add(fault),
    /** Voice gateway, UDP and encryption, person by person; the bot is one of them. */
    voice: voice.faults,
    /** Cuts the gateway sockets; the bot may resume. */
    dropGateway: () => gateway.dropSockets(),
    /** Ends the gateway sessions and cuts their sockets: a resume is refused, the bot leaves its voice channels. */
    endSessions: () => gateway.endSessions(),
    /** Heartbeats get no answer until healed. */
    ignoreHeartbeats(): void {
      gateway.answersHeartbeats = false;
    },
    /** The next request for a seat, in any server, gets no answer. */
    ignoreSeat(): void {
      seatFaults.ignored = 1;
    },
    /** Until healed the bot keeps its seats: requests to leave get no answer. */
    keepSeats(): void {
      seatFaults.keepsSeats = true;
    },
    /** Ends everything that still stands. */
    heal(): void {
      rest.faults.clear();
      gateway.faults.clear();
      gateway.answersHeartbeats = true;
      Object.assign(seatFaults, { ignored: 0, keepsSeats: false });
      voice.faults.heal();
    },
  };
}
