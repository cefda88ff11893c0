import type { Gateway } from '#sandbox/gateway/gateway.ts';
import type { EventFault } from '#sandbox/gateway/gateway-faults.ts';
import type { RestFault } from '#sandbox/rest/rest-faults.ts';
import type { RestServer } from '#sandbox/rest/rest-server.ts';
import type { VoiceFaults } from '#sandbox/voice/voice-ports.ts';
import type { Guild } from '#sandbox/world/world.ts';
import type { Seats } from '#sandbox/world/world-seats.ts';
import type { SandboxGuild } from './sandbox-guild.ts';

/** Faults of the real Discord, on demand. */
export interface Faults extends GatewayTrouble, SeatTrouble {
  /** Errors, 429s, slowness and cut connections of REST. */
  rest(fault: RestFault): void;
  /** Voice gateway, UDP and encryption, person by person; the bot is one of them. */
  readonly voice: VoiceFaults;
  /** Ends everything that still stands: faults of REST, of events, of seats, of heartbeats, and of voice. */
  heal(): void;
}

export interface GatewayTrouble {
  /** Cuts the gateway sockets; the bot may resume. */
  dropGateway(): void;
  /** Ends the gateway sessions and cuts their sockets: a resume is refused, the bot leaves its voice channels. */
  endSessions(): void;
  /** Op 9. */
  invalidateSessions(resumable: boolean): void;
  /** Op 7. */
  askToReconnect(): void;
  /** Heartbeats get no answer until healed. */
  ignoreHeartbeats(): void;
  /** Late, lost or doubled events: INTERACTION_CREATE twice, VOICE_STATE_UPDATE never. */
  event(fault: EventFault): void;
}

/** About the bot's seat; what names no server happens in the first one. */
export interface SeatTrouble {
  /** A moderator throws the bot out of its voice channel. */
  disconnectBot(closeCode?: number): void;
  /** A moderator moves the bot to another voice channel; nothing happens if it sits in none. */
  moveBot(channel: string): void;
  /** Takes the right to connect to the channel from everybody but the owner. */
  closeChannel(channel: string): void;
  /** The next `times` requests for a seat, in any server, get no answer. */
  ignoreSeats(times: number): void;
  /** Until healed the bot keeps its seats: requests to leave get no answer. */
  keepSeats(): void;
  /** The voice server of the call goes away: an update without an endpoint, and after `awayMs` one with it. */
  replaceVoiceServer(awayMs: number): void;
}

/** Whether requests for a seat are answered, and those to leave one. */
export type SeatFaults = { ignored: number; keepsSeats: boolean };

export type FaultParts = {
  readonly guild: Guild;
  readonly sandboxGuild: SandboxGuild;
  readonly gateway: Gateway;
  readonly rest: RestServer;
  readonly seats: Seats;
  readonly seatFaults: SeatFaults;
  readonly voice: VoiceFaults;
  readonly closing: AbortSignal;
};

export function faultsOf(parts: FaultParts): Faults {
  const { gateway, rest, seatFaults, voice } = parts;
  return {
    ...gatewayTrouble(gateway),
    ...seatTrouble(parts),
    rest: (fault) => rest.faults.add(fault),
    voice,
    heal() {
      rest.faults.clear();
      gateway.faults.clear();
      gateway.answerHeartbeats(true);
      seatFaults.ignored = 0;
      seatFaults.keepsSeats = false;
      voice.heal();
    },
  };
}

function gatewayTrouble(gateway: Gateway): GatewayTrouble {
  return {
    dropGateway: () => gateway.dropSockets(),
    endSessions() {
      gateway.endSessions();
      gateway.dropSockets();
    },
    invalidateSessions: (resumable) => gateway.invalidateSessions(resumable),
    askToReconnect: () => gateway.askToReconnect(),
    ignoreHeartbeats: () => gateway.answerHeartbeats(false),
    event: (fault) => gateway.faults.add(fault),
  };
}

function seatTrouble({ guild, sandboxGuild, seats, seatFaults, closing }: FaultParts): SeatTrouble {
  return {
    disconnectBot: (closeCode) => sandboxGuild.disconnectBot(closeCode),
    moveBot: (channel) => sandboxGuild.moveBot(channel),
    closeChannel: (channel) => sandboxGuild.permit(channel, '@everyone', { deny: ['connect'] }),
    ignoreSeats(times) {
      seatFaults.ignored = times;
    },
    keepSeats() {
      seatFaults.keepsSeats = true;
    },
    replaceVoiceServer(awayMs) {
      seats.replaceServer(guild, awayMs, closing).catch(() => undefined); // only ever given up
    },
  };
}
