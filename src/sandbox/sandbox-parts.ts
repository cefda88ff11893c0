import type { Clock } from '#src/base/clock.ts';
import { Gateway } from './gateway.ts';
import type { GatewaySession } from './gateway-session.ts';
import type { Dispatch, PrivilegedIntent, VoiceStateRequest } from './gateway-wire.ts';
import { Interactions } from './interactions.ts';
import { commandRoutes } from './rest-commands.ts';
import { interactionRoutes } from './rest-interactions.ts';
import { type RateLimit, RestRateLimits } from './rest-limits.ts';
import { memberRoutes } from './rest-members.ts';
import { messageRoutes } from './rest-messages.ts';
import { readRoutes } from './rest-reads.ts';
import { RestServer } from './rest-server.ts';
import { threadRoutes } from './rest-threads.ts';
import { voiceRoutes } from './rest-voice.ts';
import type { SeatDesk } from './sandbox-faults.ts';
import type { VoiceServer } from './voice-ports.ts';
import { canSitIn, guildWithId, type World } from './world.ts';
import { Changes } from './world-changes.ts';
import { createWorld, type WorldOptions } from './world-making.ts';
import { messageEvent } from './world-message-json.ts';
import { MessageBoard, type MessageChange } from './world-messages.ts';
import { mayEnter } from './world-permissions.ts';
import { Seats } from './world-seats.ts';

/** Everything behind a sandbox that knows nothing of people, wired together. */
export type SandboxInternals = {
  readonly world: World;
  readonly gateway: Gateway;
  readonly rest: RestServer;
  readonly board: MessageBoard;
  readonly seats: Seats;
  readonly changes: Changes;
  readonly interactions: Interactions;
  readonly seatDesk: SeatDesk;
  readonly dispatch: (event: Dispatch) => void;
};

export type PartsOptions = {
  readonly world: WorldOptions;
  readonly clock: Clock;
  readonly token: string;
  readonly heartbeatMs: number;
  readonly resumeMs: number;
  readonly privileged: readonly PrivilegedIntent[];
  readonly limits: readonly RateLimit[];
  readonly voice: VoiceServer;
  readonly onMessage: (change: MessageChange) => void;
};

export function buildParts(options: PartsOptions): SandboxInternals {
  const { clock, token, heartbeatMs, resumeMs, privileged, voice } = options;
  const world = createWorld(options.world, clock);
  const seatDesk: SeatDesk = { ignored: 0 };
  const gateway = new Gateway({
    world,
    token,
    heartbeatMs,
    resumeMs,
    privileged,
    onVoiceState: (session, request) => seatBot(world, seats, seatDesk, session, request),
    onSessionEnd: (session) => unseatBot(world, seats, session),
  });
  const dispatch = gateway.dispatch.bind(gateway);
  const seats = new Seats(world, voice, dispatch);
  const changes = new Changes(world, seats, dispatch);
  const board = new MessageBoard(world, (change) => {
    options.onMessage(change);
    if (!change.message.ephemeral) dispatch(messageEvent(world, change));
  });
  const interactions = new Interactions(world, board, dispatch);
  const routes = [
    ...readRoutes(world, () => gateway.url),
    ...commandRoutes(world),
    ...messageRoutes(world, board),
    ...threadRoutes(world, board, dispatch),
    ...memberRoutes(world, changes),
    ...voiceRoutes(world, seats, changes),
    ...interactionRoutes(world, interactions),
  ];
  const rest = new RestServer({ token, clock, routes, limits: new RestRateLimits(options.limits) });
  return { world, gateway, rest, board, seats, changes, interactions, seatDesk, dispatch };
}

/** Discord answers a seat it does not give with silence, and so does this. */
function seatBot(
  world: World,
  seats: Seats,
  desk: SeatDesk,
  session: GatewaySession,
  request: VoiceStateRequest,
): void {
  const { bot } = world;
  const guild = guildWithId(world, request.guild_id);
  if (!guild) return;
  if (request.channel_id === null) {
    seats.leave(guild, bot.id);
    return;
  }
  if (desk.ignored > 0) {
    desk.ignored--;
    return;
  }
  const channel = guild.channels.find(({ id }) => id === request.channel_id);
  if (!channel || !canSitIn(channel) || mayEnter(world, guild, bot.id, channel) !== 'yes') return;
  seats.takeForBot(guild, {
    userId: bot.id,
    channel,
    sessionId: session.id,
    selfMute: request.self_mute,
    selfDeaf: request.self_deaf,
  });
}

function unseatBot(world: World, seats: Seats, session: GatewaySession): void {
  const { bot } = world;
  for (const guild of world.guilds) {
    if (guild.voiceStates.get(bot.id)?.sessionId === session.id) seats.leave(guild, bot.id);
  }
}
