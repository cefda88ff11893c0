import { Gateway } from '#sandbox/gateway/gateway.ts';
import type { GatewaySession } from '#sandbox/gateway/gateway-session.ts';
import { type GatewayRules, lenientGatewayRules } from '#sandbox/gateway/gateway-shards.ts';
import type {
  Dispatch,
  PrivilegedIntent,
  VoiceStateRequest,
} from '#sandbox/gateway/gateway-wire.ts';
import { Interactions } from '#sandbox/interactions/interactions.ts';
import { commandRoutes } from '#sandbox/rest/commands/rest-commands.ts';
import { interactionRoutes } from '#sandbox/rest/rest-interactions.ts';
import { type RateLimit, RestRateLimits } from '#sandbox/rest/rest-limits.ts';
import { memberRoutes } from '#sandbox/rest/rest-members.ts';
import { messageRoutes } from '#sandbox/rest/rest-messages.ts';
import { readRoutes } from '#sandbox/rest/rest-reads.ts';
import { RestServer } from '#sandbox/rest/rest-server.ts';
import { threadRoutes } from '#sandbox/rest/rest-threads.ts';
import { voiceRoutes } from '#sandbox/rest/rest-voice.ts';
import type { VoiceServer } from '#sandbox/voice/voice-ports.ts';
import { canSitIn, guildWithId, type World } from '#sandbox/world/world.ts';
import { Changes } from '#sandbox/world/world-changes.ts';
import { createWorld, type WorldOptions } from '#sandbox/world/world-making.ts';
import { messageEvent } from '#sandbox/world/world-message-json.ts';
import { MessageBoard, type MessageChange } from '#sandbox/world/world-messages.ts';
import { mayEnter } from '#sandbox/world/world-permissions.ts';
import { Seats } from '#sandbox/world/world-seats.ts';
import type { Clock } from '#src/base/clock.ts';
import type { SeatFaults } from './sandbox-faults.ts';
import type { ViolationLog } from './violations.ts';

/** Everything behind a sandbox that knows nothing of people, wired together. */
export type SandboxInternals = {
  readonly world: World;
  readonly gateway: Gateway;
  readonly rest: RestServer;
  readonly board: MessageBoard;
  readonly seats: Seats;
  readonly changes: Changes;
  readonly interactions: Interactions;
  readonly seatFaults: SeatFaults;
  readonly dispatch: (event: Dispatch) => void;
};

export type PartsOptions = {
  readonly world: WorldOptions;
  readonly clock: Clock;
  readonly token: string;
  readonly heartbeatMs: number;
  readonly resumeMs: number;
  readonly gatewayRules: Partial<GatewayRules>;
  readonly privileged: readonly PrivilegedIntent[];
  readonly limits: readonly RateLimit[];
  readonly globalRequestsPerSecond: number;
  readonly violations: ViolationLog;
  readonly oldEditsPerHour: number;
  readonly voice: VoiceServer;
  readonly onMessage: (change: MessageChange) => void;
};

export function buildParts(options: PartsOptions): SandboxInternals {
  const { clock, token, heartbeatMs, resumeMs, privileged, voice } = options;
  const world = createWorld(options.world, clock);
  const seatFaults: SeatFaults = { ignored: 0, keepsSeats: false };
  const gateway = new Gateway({
    world,
    token,
    heartbeatMs,
    resumeMs,
    rules: { ...lenientGatewayRules, ...options.gatewayRules },
    privileged,
    onVoiceState: (session, request) => {
      const isLate = request.channel_id !== null && gateway.hasLaterThan(session);
      if (isLate) options.violations.note(request.guild_id, { kind: 'superseded-session' });
      seatBot(world, seats, seatFaults, session, request);
    },
    onSessionEnd: (session) => unseatBot(world, seats, session),
  });
  const dispatch = gateway.dispatch.bind(gateway);
  const seats = new Seats(world, voice, dispatch);
  const changes = new Changes(world, seats, dispatch);
  const board = new MessageBoard(world, (change) => {
    options.onMessage(change);
    const event = change.message.ephemeral ? undefined : messageEvent(world, change);
    if (event) dispatch(event);
  });
  const interactions = new Interactions(world, board, dispatch);
  const routes = [
    ...readRoutes(world, gateway, privileged),
    ...commandRoutes(world),
    ...messageRoutes(world, board, {
      wake: ({ guild, channel }) => changes.archive(guild, channel, false),
      oldEditsPerHour: options.oldEditsPerHour,
    }),
    ...threadRoutes(world, board, dispatch, ({ guild, channel }, archived) =>
      changes.archive(guild, channel, archived),
    ),
    ...memberRoutes(world, changes),
    ...voiceRoutes(world, seats),
    ...interactionRoutes(world, interactions, options.violations),
  ];
  const rest = new RestServer({
    token,
    clock,
    routes,
    limits: new RestRateLimits(options.limits),
    globalRequestsPerSecond: options.globalRequestsPerSecond,
  });
  return { world, gateway, rest, board, seats, changes, interactions, seatFaults, dispatch };
}

/** Discord answers a seat it does not give with silence, and so does this. */
function seatBot(
  world: World,
  seats: Seats,
  seatFaults: SeatFaults,
  session: GatewaySession,
  request: VoiceStateRequest,
): void {
  const { bot } = world;
  const guild = guildWithId(world, request.guild_id);
  if (!guild) return;
  if (request.channel_id === null) {
    if (!seatFaults.keepsSeats) seats.leave(guild, bot.id);
    return;
  }
  if (seatFaults.ignored > 0) {
    seatFaults.ignored--;
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
