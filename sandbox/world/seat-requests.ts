import type { GatewaySession } from '#sandbox/gateway/gateway-session.ts';
import type { VoiceStateRequest } from '#sandbox/gateway/gateway-wire.ts';
import { findGuild, isVoiceKind, type World } from './world.ts';
import { canEnter } from './world-permissions.ts';
import type { WorldSeats } from './world-seats.ts';

/** Faults of requests for a seat. */
export type SeatFaults = {
  /** Number of requests for a seat that get no answer. */
  ignored: number;
  /** Whether requests to leave a seat get no answer. */
  keepsSeats: boolean;
};

/** Faults of the real Discord: none. */
export const noSeatFaults: SeatFaults = { ignored: 0, keepsSeats: false };

/**
 * Performs a request of the bot for a seat, or to leave. Discord answers a seat it does
 * not give with silence, and so does this.
 */
export function seatBot(
  world: World,
  seats: WorldSeats,
  session: GatewaySession,
  request: VoiceStateRequest,
  seatFaults: SeatFaults = { ...noSeatFaults },
): void {
  const { bot } = world;
  const guild = findGuild(world, request.guild_id);
  if (!guild) return;
  if (request.channel_id === null) {
    if (!seatFaults.keepsSeats) seats.leaveSeat(guild, bot.id);
    return;
  }
  if (seatFaults.ignored > 0) {
    seatFaults.ignored--;
    return;
  }
  const channel = guild.channels.find(({ id }) => id === request.channel_id);
  if (
    !channel ||
    !isVoiceKind(channel) ||
    canEnter(world, guild, bot.id, channel) !== 'yes'
  )
    return;
  seats.takeBotSeat(guild, {
    userId: bot.id,
    channel,
    sessionId: session.start.id,
    selfMute: request.self_mute,
    selfDeaf: request.self_deaf,
  });
}

/** Takes the bot out of the seats that it took by a session that is over. */
export function unseatBot(
  world: World,
  seats: WorldSeats,
  session: GatewaySession,
): void {
  for (const guild of world.guilds) {
    if (guild.voiceStates.get(world.bot.id)?.sessionId === session.start.id)
      seats.leaveSeat(guild, world.bot.id);
  }
}
