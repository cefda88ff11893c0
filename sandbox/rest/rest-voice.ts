import { z } from 'zod';
import type { ChannelPlace, World } from '#sandbox/world/world.ts';
import { voiceStateJson } from '#sandbox/world/world-guild-json.ts';
import { may, type Permission } from '#sandbox/world/world-permissions.ts';
import type { Seats } from '#sandbox/world/world-seats.ts';
import { userIdOf, withGuild } from './rest-place.ts';
import {
  noContent,
  ok,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from './rest-route.ts';

const stateChange = z.looseObject({
  channel_id: z.string().nullish(),
  suppress: z.boolean().nullish(),
  request_to_speak_timestamp: z.string().nullish(),
});
type StateChange = z.infer<typeof stateChange>;

/** Who sits where, and speaking on stages. */
export function voiceRoutes(world: World, seats: Seats): readonly RestRoute[] {
  const state = '/guilds/:guild/voice-states/:user';
  return [
    { method: 'GET', path: state, answer: (call) => readState(world, call) },
    { method: 'PATCH', path: state, answer: (call) => changeState(world, seats, call) },
  ];
}

/** Without the right to enter the channel, Discord does not tell who sits there. */
function readState(world: World, call: RestCall): RestAnswer {
  return withGuild(world, call, (guild) => {
    const userId = userIdOf(world, call);
    const state = guild.voiceStates.get(userId);
    if (!state) return refusals.unknownVoiceState;
    const channel = guild.channels.find(({ id }) => id === state.channelId);
    const mayKnow = may(world, guild, world.bot.id, 'connect', channel);
    return mayKnow ? ok(voiceStateJson(guild, userId, state)) : refusals.forbidden;
  });
}

/** Source: Discord docs, "Modify Current User Voice State" and "Modify User Voice State". */
function changeState(world: World, seats: Seats, call: RestCall): RestAnswer {
  return withGuild(world, call, (guild) =>
    withBody(stateChange, call.body, (change) => {
      const userId = userIdOf(world, call);
      const seat = guild.voiceStates.get(userId)?.channelId;
      const channel = guild.channels.find(({ id }) => id === seat);
      const isElsewhere = (change.channel_id ?? seat) !== seat;
      if (!channel || isElsewhere) return refusals.unknownVoiceState;
      if (channel.kind !== 'stage') return refusals.wrongKind;
      if (!mayChange(world, { guild, channel }, userId, change)) return refusals.notPermitted;
      seats.change(guild, userId, seatChange(change));
      return noContent;
    }),
  );
}

function mayChange(
  world: World,
  { guild, channel }: ChannelPlace,
  userId: string,
  { suppress, request_to_speak_timestamp: raised }: StateChange,
): boolean {
  const { id } = world.bot;
  const mayHere = (what: Permission) => may(world, guild, id, what, channel);
  const stepsDown = suppress === true && userId === id;
  if (typeof suppress === 'boolean' && !stepsDown && !mayHere('muteMembers')) return false;
  return typeof raised !== 'string' || mayHere('requestToSpeak');
}

/** Seat change of a stage request; a person who may speak has no hand raised. */
function seatChange(change: StateChange): Parameters<Seats['change']>[2] {
  const { suppress, request_to_speak_timestamp: raised } = change;
  return {
    ...(raised !== undefined && { handRaisedAt: raised }),
    ...(typeof suppress === 'boolean' && { suppressed: suppress }),
    ...(suppress === false && { handRaisedAt: null }),
  };
}
