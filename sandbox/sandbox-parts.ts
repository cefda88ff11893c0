import { Gateway } from '#sandbox/gateway/gateway.ts';
import type { GatewaySession } from '#sandbox/gateway/gateway-session.ts';
import { lenientGatewayRules } from '#sandbox/gateway/gateway-shards.ts';
import type { VoiceStateRequest } from '#sandbox/gateway/gateway-wire.ts';
import { Interactions } from '#sandbox/interactions/interactions.ts';
import { commandRoutes } from '#sandbox/rest/commands/rest-commands.ts';
import { guildRoutes, selfRoutes, threadRoutes, voiceRoutes } from '#sandbox/rest/rest-guilds.ts';
import { interactionRoutes } from '#sandbox/rest/rest-interactions.ts';
import { messageRoutes } from '#sandbox/rest/rest-messages.ts';
import { RestServer } from '#sandbox/rest/rest-server.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { canSitIn, guildWithId, type World } from '#sandbox/world/world.ts';
import { Changes } from '#sandbox/world/world-changes.ts';
import { messageEvent } from '#sandbox/world/world-json.ts';
import { createWorld } from '#sandbox/world/world-making.ts';
import { MessageBoard, type MessageChange } from '#sandbox/world/world-messages.ts';
import { mayEnter } from '#sandbox/world/world-permissions.ts';
import { Seats } from '#sandbox/world/world-seats.ts';
import { realClock } from '#src/base/clock.ts';
import type { SandboxOptions } from './sandbox.ts';
import type { SeatFaults } from './sandbox-faults.ts';

/** A seat asked for by a gateway session of a shard on which a later one was online: two processes act for one server at once. */
export type Violation = { readonly guildId: string; readonly atMs: number };

/** Resume time as seen on Discord, which publishes none. */
const usualResumeMs = 180_000;

/** Everything behind a sandbox that knows nothing of people, wired together. */
export function buildParts(
  options: Omit<SandboxOptions, 'voice'>,
  voice: VoiceServer,
  token: string,
  onMessage: (change: MessageChange) => void,
) {
  const { clock = realClock, heartbeatMs = 41_250, resumeMs = usualResumeMs } = options;
  const { privilegedIntents: privileged = [] } = options;
  const world = createWorld(options, clock);
  const violations: Violation[] = [];
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
      if (isLate) violations.push({ guildId: request.guild_id, atMs: clock.nowMs() });
      seatBot(world, seats, seatFaults, session, request);
    },
    onSessionEnd: (session) => unseatBot(world, seats, session),
  });
  const dispatch = gateway.dispatch.bind(gateway);
  const seats = new Seats(world, voice, dispatch);
  const changes = new Changes(world, seats, dispatch);
  const board = new MessageBoard(world, (change) => {
    onMessage(change);
    const event = change.message.ephemeral ? undefined : messageEvent(world, change);
    if (event) dispatch(event);
  });
  const interactions = new Interactions(world, board, dispatch);
  const routes = [
    ...selfRoutes(world, gateway, privileged, changes),
    ...guildRoutes(world),
    ...commandRoutes(world),
    ...messageRoutes(world, board, changes),
    ...threadRoutes(world, dispatch, changes),
    ...voiceRoutes(world, seats),
    ...interactionRoutes(world, interactions),
  ];
  const isLimited = options.rateLimits !== undefined;
  const rest = new RestServer({ token, clock, routes, isLimited });
  const parts = { world, voice, gateway, rest, board, seats, changes, interactions };
  return { ...parts, seatFaults, violations, dispatch };
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
    sessionId: session.start.id,
    selfMute: request.self_mute,
    selfDeaf: request.self_deaf,
  });
}

function unseatBot(world: World, seats: Seats, session: GatewaySession): void {
  const { bot } = world;
  for (const guild of world.guilds) {
    if (guild.voiceStates.get(bot.id)?.sessionId === session.start.id) seats.leave(guild, bot.id);
  }
}
