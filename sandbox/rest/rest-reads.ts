import type { Gateway } from '#sandbox/gateway/gateway.ts';
import type { PrivilegedIntent } from '#sandbox/gateway/gateway-wire.ts';
import type { Guild, World } from '#sandbox/world/world.ts';
import { channelJson, guildJson } from '#sandbox/world/world-guild-json.ts';
import { applicationJson, memberJson, roleJson, userJson } from '#sandbox/world/world-json.ts';
import { userIdOf, withChannel, withGuild } from './rest-place.ts';
import { ok, type RestRoute, refusals } from './rest-route.ts';

/** Routes that only look: the gateway's address, who is who, the servers and their channels. */
export function readRoutes(
  world: World,
  gateway: Pick<Gateway, 'urlFor' | 'advice'>,
  privileged: readonly PrivilegedIntent[],
): readonly RestRoute[] {
  const flags = privileged.reduce((sum, intent) => sum | applicationFlags[intent], 0);
  return [...gatewayRoutes(gateway), ...selfRoutes(world, flags), ...guildRoutes(world)];
}

/** Flags that show a small bot's privileged intents. Source: Discord docs, "Application Flags". */
const applicationFlags = { presences: 1 << 13, members: 1 << 15, content: 1 << 19 } as const;

function gatewayRoutes(gateway: Pick<Gateway, 'urlFor' | 'advice'>): readonly RestRoute[] {
  return [
    {
      method: 'GET',
      path: '/gateway',
      open: true,
      answer: ({ process }) => ok({ url: gateway.urlFor(process) }),
    },
    {
      method: 'GET',
      path: '/gateway/bot',
      answer: ({ process }) => {
        const { shards, maxConcurrency, starts, startsPerDay } = gateway.advice;
        const session_start_limit = {
          total: startsPerDay,
          remaining: Math.max(0, startsPerDay - starts),
          reset_after: 86_400_000,
          max_concurrency: maxConcurrency,
        };
        return ok({ url: gateway.urlFor(process), shards, session_start_limit });
      },
    },
  ];
}

function selfRoutes(world: World, flags: number): readonly RestRoute[] {
  const self = () => ok({ ...userJson(world.bot), verified: true, mfa_enabled: false });
  const application = () => ok(applicationJson(world, flags));
  const users = () => [world.bot, ...world.people.values()];
  return [
    { method: 'GET', path: '/users/@me', answer: self },
    { method: 'GET', path: '/applications/@me', answer: application },
    { method: 'GET', path: '/oauth2/applications/@me', answer: application },
    {
      method: 'GET',
      path: '/users/@me/guilds',
      answer: () =>
        ok(world.guilds.map(({ id, name }) => ({ id, name, icon: null, owner: false }))),
    },
    {
      method: 'GET',
      path: '/users/:user',
      answer: (call) => {
        const user = users().find(({ id }) => id === call.param('user'));
        return user ? ok(userJson(user)) : refusals.unknownUser;
      },
    },
  ];
}

function guildRoutes(world: World): readonly RestRoute[] {
  const inGuild = (read: (guild: Guild) => unknown): RestRoute['answer'] => {
    return (call) => withGuild(world, call, (guild) => ok(read(guild)));
  };
  const path = '/guilds/:guild';
  return [
    { method: 'GET', path, answer: inGuild(guildJson) },
    {
      method: 'GET',
      path: `${path}/channels`,
      answer: inGuild((guild) => guild.channels.map((channel) => channelJson(guild, channel))),
    },
    { method: 'GET', path: `${path}/roles`, answer: inGuild(({ roles }) => roles.map(roleJson)) },
    {
      method: 'GET',
      path: `${path}/members`,
      answer: inGuild(({ members }) => [...members.values()].map(memberJson)),
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
        withChannel(world, call.param('channel'), (place) =>
          ok(channelJson(place.guild, place.channel)),
        ),
    },
  ];
}
