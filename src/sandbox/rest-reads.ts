import { noContent, ok, type Route, refusals } from './rest-route.ts';
import type { Channel, World } from './world.ts';
import {
  applicationJson,
  channelJson,
  guildJson,
  memberJson,
  roleJson,
  userJson,
  voiceStateJson,
} from './world-json.ts';

/** Routes that only look: the gateway's address, who is who, the server and its channels. */
export function readRoutes(world: World, gatewayUrl: () => string): readonly Route[] {
  return [
    ...gatewayRoutes(gatewayUrl),
    ...selfRoutes(world),
    ...guildRoutes(world),
    ...memberRoutes(world),
  ];
}

function gatewayRoutes(gatewayUrl: () => string): readonly Route[] {
  const session_start_limit = {
    total: 1000,
    remaining: 999,
    reset_after: 86_400_000,
    max_concurrency: 1,
  };
  return [
    { method: 'GET', path: '/gateway', open: true, answer: () => ok({ url: gatewayUrl() }) },
    {
      method: 'GET',
      path: '/gateway/bot',
      answer: () => ok({ url: gatewayUrl(), shards: 1, session_start_limit }),
    },
  ];
}

function selfRoutes(world: World): readonly Route[] {
  const self = () => ok({ ...userJson(world.bot), verified: true, mfa_enabled: false });
  const application = () => ok(applicationJson(world));
  return [
    { method: 'GET', path: '/users/@me', answer: self },
    { method: 'GET', path: '/applications/@me', answer: application },
    { method: 'GET', path: '/oauth2/applications/@me', answer: application },
    {
      method: 'GET',
      path: '/users/@me/guilds',
      answer: () => ok([{ id: world.guild.id, name: world.guild.name, icon: null, owner: false }]),
    },
    {
      method: 'GET',
      path: '/users/:user',
      answer: (call) => {
        const member = world.guild.members.get(call.param('user'));
        return member ? ok(userJson(member.user)) : refusals.unknownUser;
      },
    },
  ];
}

function guildRoutes(world: World): readonly Route[] {
  const { guild } = world;
  const inGuild = (read: () => unknown): Route['answer'] => {
    return (call) => (call.param('guild') === guild.id ? ok(read()) : refusals.unknownGuild);
  };
  const channels = () => guild.channels.map((channel) => channelJson(world, channel));
  return [
    { method: 'GET', path: '/guilds/:guild', answer: inGuild(() => guildJson(world)) },
    { method: 'GET', path: '/guilds/:guild/channels', answer: inGuild(channels) },
    {
      method: 'GET',
      path: '/guilds/:guild/roles',
      answer: inGuild(() => guild.roles.map(roleJson)),
    },
    {
      method: 'GET',
      path: '/guilds/:guild/members',
      answer: inGuild(() => [...guild.members.values()].map(memberJson)),
    },
    {
      method: 'GET',
      path: '/channels/:channel',
      answer: (call) => withChannel(world, call.param('channel'), (c) => ok(channelJson(world, c))),
    },
    {
      method: 'POST',
      path: '/channels/:channel/typing',
      answer: (call) => withChannel(world, call.param('channel'), () => noContent),
    },
  ];
}

function memberRoutes(world: World): readonly Route[] {
  const { guild } = world;
  const idOf = (user: string) => (user === '@me' ? world.bot.id : user);
  return [
    {
      method: 'GET',
      path: '/guilds/:guild/members/:user',
      answer: (call) => {
        if (call.param('guild') !== guild.id) return refusals.unknownGuild;
        const member = guild.members.get(idOf(call.param('user')));
        return member ? ok(memberJson(member)) : refusals.unknownMember;
      },
    },
    {
      method: 'GET',
      path: '/guilds/:guild/voice-states/:user',
      answer: (call) => {
        if (call.param('guild') !== guild.id) return refusals.unknownGuild;
        const userId = idOf(call.param('user'));
        const state = guild.voiceStates.get(userId);
        return state ? ok(voiceStateJson(world, userId, state)) : refusals.unknownVoiceState;
      },
    },
  ];
}

/** Answers with what `then` makes of the channel, or that there is none. */
export function withChannel(
  world: World,
  id: string,
  then: (channel: Channel) => ReturnType<Route['answer']>,
): ReturnType<Route['answer']> {
  const channel = world.guild.channels.find((each) => each.id === id);
  return channel ? then(channel) : refusals.unknownChannel;
}
