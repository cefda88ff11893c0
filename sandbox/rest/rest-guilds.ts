import { z } from 'zod';
import type { Gateway } from '#sandbox/gateway/gateway.ts';
import { type Dispatch, intents, type PrivilegedIntent } from '#sandbox/gateway/gateway-wire.ts';
import type { ChannelPlace, World } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import {
  applicationJson,
  channelJson,
  guildJson,
  memberJson,
  userJson,
  voiceStateJson,
} from '#sandbox/world/world-json.ts';
import { newChannel } from '#sandbox/world/world-making.ts';
import { may, type Permission } from '#sandbox/world/world-permissions.ts';
import type { Seats } from '#sandbox/world/world-seats.ts';
import { userIdOf, withChannel, withGuild, withOpenChannel } from './rest-place.ts';
import {
  noContent,
  ok,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from './rest-route.ts';

/** Flags that show a small bot's privileged intents. Source: Discord docs, "Application Flags". */
const applicationFlags = { presences: 1 << 13, members: 1 << 15, content: 1 << 19 } as const;

/** The bot itself: the gateway's address, its application, and its servers, which it may leave. */
export function selfRoutes(
  world: World,
  gateway: Pick<Gateway, 'urlFor' | 'advice'>,
  privileged: readonly PrivilegedIntent[],
  changes: Changes,
): readonly RestRoute[] {
  const flags = privileged.reduce((sum, intent) => sum | applicationFlags[intent], 0);
  return [
    {
      method: 'GET',
      path: '/gateway/bot',
      answer: ({ process }) => ok({ url: gateway.urlFor(process), ...gateway.advice }),
    },
    {
      method: 'GET',
      path: '/users/@me',
      answer: () => ok({ ...userJson(world.bot), verified: true, mfa_enabled: false }),
    },
    ...['/applications/@me', '/oauth2/applications/@me'].map((path) => ({
      method: 'GET' as const,
      path,
      answer: () => ok(applicationJson(world, flags)),
    })),
    {
      method: 'GET',
      path: '/users/@me/guilds',
      answer: () =>
        ok(world.guilds.map(({ id, name }) => ({ id, name, icon: null, owner: false }))),
    },
    {
      method: 'GET',
      path: '/soundboard-default-sounds',
      answer: () => ok([]),
    },
    {
      method: 'DELETE',
      path: '/users/@me/guilds/:guild',
      answer: (call) =>
        withGuild(world, call, (guild) => {
          changes.removeBot(guild);
          return noContent;
        }),
    },
  ];
}

/** Servers, their channels and members. */
export function guildRoutes(world: World): readonly RestRoute[] {
  const path = '/guilds/:guild';
  return [
    {
      method: 'GET',
      path,
      answer: (call) => withGuild(world, call, (guild) => ok(guildJson(guild))),
    },
    {
      method: 'GET',
      path: `${path}/channels`,
      answer: (call) =>
        withGuild(world, call, (guild) =>
          ok(guild.channels.map((channel) => channelJson(guild, channel))),
        ),
    },
    {
      method: 'GET',
      path: `${path}/members/:user`,
      answer: (call) =>
        withGuild(world, call, (guild) => {
          const member = guild.members.get(userIdOf(world, call));
          return member ? ok(memberJson(member)) : refusals.unknownMember;
        }),
    },
    {
      method: 'GET',
      path: '/channels/:channel',
      answer: (call) =>
        withChannel(world, call.param('channel'), ({ guild, channel }) =>
          ok(channelJson(guild, channel)),
        ),
    },
  ];
}

/** Source: Discord docs, "Start Thread without Message": without a type it is a private one, which is not modelled. */
const thread = z.looseObject({ name: z.string(), type: z.literal(11) });
const threadChange = z.looseObject({ archived: z.boolean() });

/** Public threads that the bot opens; it writes there as in any channel. */
export function threadRoutes(
  world: World,
  dispatch: (event: Dispatch) => void,
  changes: Changes,
): readonly RestRoute[] {
  const open = (call: RestCall, { guild, channel }: ChannelPlace): RestAnswer =>
    withBody(thread, call.body, ({ name }) => {
      if (channel.kind !== 'text') return refusals.wrongKind;
      if (!may(world, guild, world.bot.id, 'createThreads', channel)) return refusals.notPermitted;
      const kin = { parentId: channel.id, ownerId: world.bot.id };
      const created = newChannel(world, { name, kind: 'thread', position: 0, ...kin });
      guild.channels = [...guild.channels, created];
      const body = channelJson(guild, created);
      const data = { ...body, newly_created: true };
      dispatch({ name: 'THREAD_CREATE', guildId: guild.id, data, intent: intents.guilds });
      return { status: 201, body };
    });
  const change = (call: RestCall, { guild, channel }: ChannelPlace): RestAnswer => {
    if (channel.kind !== 'thread') return refusals.wrongKind;
    if (!may(world, guild, world.bot.id, 'sendInThreads', channel)) return refusals.notPermitted;
    return withBody(threadChange, call.body, ({ archived }) => {
      changes.archive(guild, channel, archived);
      return ok(channelJson(guild, channel));
    });
  };
  const at = (then: typeof open) => (call: RestCall) =>
    withOpenChannel(world, call.param('channel'), (place) => then(call, place));
  return [
    { method: 'POST', path: '/channels/:channel/threads', answer: at(open) },
    { method: 'PATCH', path: '/channels/:channel', answer: at(change) },
  ];
}

const stateChange = z.looseObject({
  channel_id: z.string().nullish(),
  suppress: z.boolean().nullish(),
  request_to_speak_timestamp: z.string().nullish(),
});
type StateChange = z.infer<typeof stateChange>;
const voiceStatus = z.looseObject({ status: z.string().max(500).nullish() });

/** Who sits where, and speaking on stages. */
export function voiceRoutes(
  world: World,
  seats: Seats,
  changes: Pick<Changes, 'voiceStatus'>,
): readonly RestRoute[] {
  const state = '/guilds/:guild/voice-states/:user';
  const setStatus = (call: RestCall) =>
    withOpenChannel(world, call.param('channel'), (place) => {
      if (place.channel.kind !== 'voice') return refusals.wrongKind;
      if (!maySetStatus(world, place)) return refusals.notPermitted;
      return withBody(voiceStatus, call.body, ({ status }) => {
        changes.voiceStatus(place.guild, place.channel, status ?? '');
        return noContent;
      });
    });
  return [
    { method: 'PUT', path: '/channels/:channel/voice-status', answer: setStatus },
    { method: 'GET', path: state, answer: (call) => readState(world, call) },
    { method: 'PATCH', path: state, answer: (call) => changeState(world, seats, call) },
  ];
}

/** Source: https://docs.discord.com/developers/resources/channel#set-voice-channel-status */
function maySetStatus(world: World, { guild, channel }: ChannelPlace): boolean {
  const { id } = world.bot;
  const isSeated = guild.voiceStates.get(id)?.channelId === channel.id;
  const mayHere = (what: Permission) => may(world, guild, id, what, channel);
  return mayHere('setVoiceStatus') && (isSeated || mayHere('manageChannels'));
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
