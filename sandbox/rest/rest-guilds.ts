import { z } from 'zod';
import type { Gateway } from '#sandbox/gateway/gateway.ts';
import {
  type Dispatch,
  intents,
  type PrivilegedIntent,
} from '#sandbox/gateway/gateway-wire.ts';
import { makeChannel } from '#sandbox/world/create-world.ts';
import type { ChannelPlace, Guild, World } from '#sandbox/world/world.ts';
import type { WorldChanges } from '#sandbox/world/world-changes.ts';
import {
  toApplicationJson,
  toChannelJson,
  toGuildJson,
  toMemberJson,
  toUserJson,
  toVoiceStateJson,
} from '#sandbox/world/world-json.ts';
import { isAllowed, type Permission } from '#sandbox/world/world-permissions.ts';
import type { WorldSeats } from '#sandbox/world/world-seats.ts';
import type { PersonId } from '#src/base/ids.ts';
import {
  getChannelId,
  getUserId,
  withChannel,
  withGuild,
  withOpenChannel,
} from './rest-place.ts';
import {
  makeRoute,
  noContent,
  type RestCall,
  type RestRoute,
  refusalAnswers,
  toOkAnswer,
  withBody,
} from './rest-route.ts';

/** Flags that show a small bot's privileged intents. Source: https://discord.com/developers/docs/resources/application#application-object-application-flags */
const applicationFlags = {
  presences: 1 << 13,
  members: 1 << 15,
  content: 1 << 19,
} as const;

/**
 * Makes the routes of the bot itself: the gateway's address, its application, and its
 * servers, which it may leave.
 */
export function makeSelfRoutes(
  world: World,
  gateway: Pick<Gateway, 'makeUrl' | 'loginAdvice'>,
  privileged: readonly PrivilegedIntent[],
  changes: WorldChanges,
): readonly RestRoute[] {
  const flags = privileged.reduce((sum, intent) => sum | applicationFlags[intent], 0);
  return [
    makeRoute('GET', '/gateway/bot', ({ process }) =>
      toOkAnswer({ url: gateway.makeUrl(process), ...gateway.loginAdvice }),
    ),
    makeRoute('GET', '/users/@me', () =>
      toOkAnswer({ ...toUserJson(world.bot), verified: true, mfa_enabled: false }),
    ),
    ...['/applications/@me', '/oauth2/applications/@me'].map((path) =>
      makeRoute('GET', path, () => toOkAnswer(toApplicationJson(world, flags))),
    ),
    makeRoute('GET', '/users/@me/guilds', () =>
      toOkAnswer(
        world.guilds.map(({ id, name }) => ({ id, name, icon: null, owner: false })),
      ),
    ),
    makeRoute('GET', '/soundboard-default-sounds', () => toOkAnswer([])),
    makeRoute('DELETE', '/users/@me/guilds/:guild', (call) =>
      withGuild(world, call, (guild) => {
        changes.removeBot(guild);
        return noContent;
      }),
    ),
  ];
}

/** Makes the routes of servers, their channels and members. */
export function makeGuildRoutes(world: World): readonly RestRoute[] {
  const path = '/guilds/:guild';
  return [
    makeRoute('GET', path, (call) =>
      withGuild(world, call, (guild) => toOkAnswer(toGuildJson(guild))),
    ),
    makeRoute('GET', `${path}/channels`, (call) =>
      withGuild(world, call, (guild) =>
        toOkAnswer(guild.channels.map((channel) => toChannelJson(guild, channel))),
      ),
    ),
    makeRoute('GET', `${path}/soundboard-sounds`, (call) =>
      withGuild(world, call, (guild) =>
        toOkAnswer({ items: guild.soundboard.map(toSoundboardJson) }),
      ),
    ),
    makeRoute('GET', `${path}/members/:user`, (call) =>
      withGuild(world, call, (guild) => {
        const member = guild.members.get(getUserId(world, call));
        return member ? toOkAnswer(toMemberJson(member)) : refusalAnswers.unknownMember;
      }),
    ),
    makeRoute('GET', '/channels/:channel', (call) =>
      withChannel(world, getChannelId(call), ({ guild, channel }) =>
        toOkAnswer(toChannelJson(guild, channel)),
      ),
    ),
  ];
}

/** Source: https://docs.discord.com/developers/resources/soundboard#soundboard-sound-object */
function toSoundboardJson({ id, name }: Guild['soundboard'][number]) {
  const emoji = { emoji_id: null, emoji_name: null };
  return { sound_id: id, name, volume: 1, available: true, ...emoji };
}

/** Source: https://discord.com/developers/docs/resources/channel#start-thread-without-message without a type it is a private one, which is not modelled. */
const threadSchema = z.looseObject({ name: z.string(), type: z.literal(11) });
const threadChangeSchema = z.looseObject({ archived: z.boolean() });

/**
 * Makes the routes of public threads that the bot opens. It writes there as in any
 * channel.
 */
export function makeThreadRoutes(
  world: World,
  dispatch: (event: Dispatch) => void,
  changes: WorldChanges,
): readonly RestRoute[] {
  return [
    makeRoute('POST', '/channels/:channel/threads', (call) =>
      withOpenChannel(world, getChannelId(call), (channelPlace) =>
        openThread(world, dispatch, call, channelPlace),
      ),
    ),
    makeRoute('PATCH', '/channels/:channel', (call) =>
      withOpenChannel(world, getChannelId(call), (channelPlace) =>
        changeThread(world, changes, call, channelPlace),
      ),
    ),
  ];
}

function openThread(
  world: World,
  dispatch: (event: Dispatch) => void,
  call: RestCall,
  { guild, channel }: ChannelPlace,
) {
  return withBody(threadSchema, call.body, ({ name }) => {
    if (channel.kind !== 'text') return refusalAnswers.wrongKind;
    if (!isAllowed(world, guild, world.bot.id, 'createThreads', channel))
      return refusalAnswers.notPermitted;
    const thread = makeChannel(world, {
      name,
      kind: 'thread',
      position: 0,
      parentId: channel.id,
      ownerId: world.bot.id,
    });
    guild.channels = [...guild.channels, thread];
    const body = toChannelJson(guild, thread);
    dispatch({
      name: 'THREAD_CREATE',
      guildId: guild.id,
      data: { ...body, newly_created: true },
      intent: intents.guilds,
    });
    return { status: 201, body };
  });
}

function changeThread(
  world: World,
  changes: WorldChanges,
  call: RestCall,
  { guild, channel }: ChannelPlace,
) {
  if (channel.kind !== 'thread') return refusalAnswers.wrongKind;
  if (!isAllowed(world, guild, world.bot.id, 'sendInThreads', channel))
    return refusalAnswers.notPermitted;
  return withBody(threadChangeSchema, call.body, ({ archived }) => {
    changes.changeArchived(guild, channel, archived);
    return toOkAnswer(toChannelJson(guild, channel));
  });
}

const stateChangeSchema = z.looseObject({
  channel_id: z.string().nullish(),
  suppress: z.boolean().nullish(),
  request_to_speak_timestamp: z.string().nullish(),
});
type StateChange = z.infer<typeof stateChangeSchema>;
const voiceStatusSchema = z.looseObject({ status: z.string().max(500).nullish() });

/** Makes the routes of voice states, voice channel status, and speaking on stages. */
export function makeVoiceRoutes(
  world: World,
  seats: WorldSeats,
  changes: Pick<WorldChanges, 'changeVoiceStatus'>,
): readonly RestRoute[] {
  const statePath = '/guilds/:guild/voice-states/:user';
  const setStatus = (call: RestCall) =>
    withOpenChannel(world, getChannelId(call), (channelPlace) => {
      const { guild, channel } = channelPlace;
      if (channel.kind !== 'voice') return refusalAnswers.wrongKind;
      if (!canSetStatus(world, channelPlace)) return refusalAnswers.notPermitted;
      return withBody(voiceStatusSchema, call.body, ({ status }) => {
        changes.changeVoiceStatus(guild, channel, status ?? '');
        return noContent;
      });
    });
  return [
    makeRoute('PUT', '/channels/:channel/voice-status', setStatus),
    makeRoute('GET', statePath, (call) => readVoiceState(world, call)),
    makeRoute('PATCH', statePath, (call) => changeVoiceState(world, seats, call)),
  ];
}

/**
 * Tests whether the bot may set the status of a voice channel. Source:
 * https://docs.discord.com/developers/resources/channel#set-voice-channel-status
 */
function canSetStatus(world: World, { guild, channel }: ChannelPlace) {
  const { id } = world.bot;
  const isSeated = guild.voiceStates.get(id)?.channelId === channel.id;
  const mayHere = (permission: Permission) =>
    isAllowed(world, guild, id, permission, channel);
  return mayHere('setVoiceStatus') && (isSeated || mayHere('manageChannels'));
}

/** Answers with a voice state, but not without the right to enter its channel. */
function readVoiceState(world: World, call: RestCall) {
  return withGuild(world, call, (guild) => {
    const userId = getUserId(world, call);
    const state = guild.voiceStates.get(userId);
    if (!state) return refusalAnswers.unknownVoiceState;
    const channel = guild.channels.find(({ id }) => id === state.channelId);
    const mayKnow = isAllowed(world, guild, world.bot.id, 'connect', channel);
    return mayKnow
      ? toOkAnswer(toVoiceStateJson(guild, userId, state))
      : refusalAnswers.forbidden;
  });
}

/**
 * Changes a voice state. Source:
 * https://discord.com/developers/docs/resources/voice#modify-current-user-voice-state
 */
function changeVoiceState(world: World, seats: WorldSeats, call: RestCall) {
  return withGuild(world, call, (guild) =>
    withBody(stateChangeSchema, call.body, (change) => {
      const userId = getUserId(world, call);
      const seat = guild.voiceStates.get(userId)?.channelId;
      const channel = guild.channels.find(({ id }) => id === seat);
      const isElsewhere = (change.channel_id ?? seat) !== seat;
      if (!channel || isElsewhere) return refusalAnswers.unknownVoiceState;
      if (channel.kind !== 'stage') return refusalAnswers.wrongKind;
      if (!canChangeState(world, { guild, channel }, userId, change))
        return refusalAnswers.notPermitted;
      seats.changeSeat(guild, userId, toSeatChange(change));
      return noContent;
    }),
  );
}

function canChangeState(
  world: World,
  { guild, channel }: ChannelPlace,
  userId: PersonId,
  { suppress, request_to_speak_timestamp: handRaisedAt }: StateChange,
) {
  const { id } = world.bot;
  const mayHere = (permission: Permission) =>
    isAllowed(world, guild, id, permission, channel);
  const stepsDown = suppress === true && userId === id;
  if (typeof suppress === 'boolean' && !stepsDown && !mayHere('muteMembers'))
    return false;
  return typeof handRaisedAt !== 'string' || mayHere('requestToSpeak');
}

/**
 * Turns a stage request into a change of the seat. Permission to speak lowers the hand.
 */
function toSeatChange(change: StateChange) {
  const { suppress, request_to_speak_timestamp: handRaisedAt } = change;
  return {
    ...(handRaisedAt !== undefined && { handRaisedAt }),
    ...(typeof suppress === 'boolean' && { suppressed: suppress }),
    ...(suppress === false && { handRaisedAt: null }),
  };
}
