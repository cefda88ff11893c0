import { z } from 'zod';
import type { Guild, Member, World } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { memberJson } from '#sandbox/world/world-json.ts';
import { may, type Permission } from '#sandbox/world/world-permissions.ts';
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

const memberChange = z.looseObject({
  nick: z.string().max(32).nullish(),
  mute: z.boolean().nullish(),
  deaf: z.boolean().nullish(),
  communication_disabled_until: z.iso.datetime({ offset: true }).nullish(),
});
type MemberChange = z.infer<typeof memberChange>;

/** Changes of members by the bot: its own membership and nickname, and with the rights for it, those of others. */
export function memberRoutes(world: World, changes: Changes): readonly RestRoute[] {
  return [
    {
      method: 'DELETE',
      path: '/users/@me/guilds/:guild',
      answer: (call) =>
        withGuild(world, call, (guild) => {
          changes.removeBot(guild);
          return noContent;
        }),
    },
    {
      method: 'PATCH',
      path: '/guilds/:guild/members/:user',
      answer: (call) =>
        withMember(world, call, (guild, member) =>
          withBody(memberChange, call.body, (body) => {
            const isSelf = member.user.id === world.bot.id;
            const lacks = neededFor(body, isSelf).some(
              (permission) => !may(world, guild, world.bot.id, permission),
            );
            if (lacks) return refusals.notPermitted;
            const switchesVoice = typeof body.mute === 'boolean' || typeof body.deaf === 'boolean';
            if (switchesVoice && !guild.voiceStates.has(member.user.id)) {
              return refusals.notConnected;
            }
            changes.member(guild, member, changeOf(body));
            return ok(memberJson(member));
          }),
        ),
    },
  ];
}

function neededFor(body: MemberChange, isSelf: boolean): Permission[] {
  return [
    ...(body.nick === undefined
      ? []
      : [isSelf ? ('changeNickname' as const) : ('manageNicknames' as const)]),
    ...(typeof body.mute === 'boolean' ? (['muteMembers'] as const) : []),
    ...(typeof body.deaf === 'boolean' ? (['deafenMembers'] as const) : []),
    ...(body.communication_disabled_until === undefined ? [] : (['moderateMembers'] as const)),
  ];
}

function changeOf(body: MemberChange): Parameters<Changes['member']>[2] {
  const { nick, mute, deaf, communication_disabled_until: until } = body;
  return {
    ...(nick === undefined ? {} : { nick: nick || null }),
    ...(typeof mute === 'boolean' ? { muted: mute } : {}),
    ...(typeof deaf === 'boolean' ? { deafened: deaf } : {}),
    ...(until === undefined
      ? {}
      : { timedOutUntilMs: until === null ? undefined : Date.parse(until) }),
  };
}

function withMember(
  world: World,
  call: RestCall,
  then: (guild: Guild, member: Member) => RestAnswer,
): RestAnswer {
  return withGuild(world, call, (guild) => {
    const member = guild.members.get(userIdOf(world, call));
    return member ? then(guild, member) : refusals.unknownMember;
  });
}
