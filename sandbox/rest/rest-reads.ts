import type { Gateway } from '#sandbox/gateway/gateway.ts';
import type { PrivilegedIntent } from '#sandbox/gateway/gateway-wire.ts';
import type { World } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { channelJson, guildJson } from '#sandbox/world/world-guild-json.ts';
import { applicationJson, memberJson, userJson } from '#sandbox/world/world-json.ts';
import { userIdOf, withChannel, withGuild } from './rest-place.ts';
import { noContent, ok, type RestRoute, refusals } from './rest-route.ts';

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
    {
      method: 'GET',
      path: '/applications/@me',
      answer: () => ok(applicationJson(world, flags)),
    },
    {
      method: 'GET',
      path: '/users/@me/guilds',
      answer: () =>
        ok(world.guilds.map(({ id, name }) => ({ id, name, icon: null, owner: false }))),
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
