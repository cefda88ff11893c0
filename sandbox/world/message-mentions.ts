import type { Guild, World } from './world.ts';
import { type Json, userJson } from './world-json.ts';
import { may } from './world-permissions.ts';

/** Discord's `allowed_mentions`. Source: Discord docs, "Allowed Mentions Object". */
export type AllowedMentions = {
  readonly parse?: readonly string[];
  readonly users?: readonly string[];
  readonly roles?: readonly string[];
  readonly replied_user?: boolean;
};

/** Whom a message makes a phone ring for. */
export type MessageMentions = {
  readonly everyone: boolean;
  readonly userIds: readonly string[];
  readonly roleIds: readonly string[];
};

export const noPings: MessageMentions = { everyone: false, userIds: [], roleIds: [] };

/** Whom `text` reaches, after what its author may do and what `allowed` lets through; without it, everything. */
export function pingsOf(
  world: World,
  guild: Guild,
  authorId: string,
  text: string,
  allowed: AllowedMentions | null | undefined,
): MessageMentions {
  const mayPingAll = may(world, guild, authorId, 'mentionEveryone');
  const lets = (kind: 'users' | 'roles', id: string) =>
    !allowed || allowed.parse?.includes(kind) || allowed[kind]?.includes(id) === true;
  const letsAll = !allowed || allowed.parse?.includes('everyone') === true;
  return {
    everyone: letsAll && mayPingAll && /@(everyone|here)/.test(text),
    userIds: mentioned(text, /<@!?(\d+)>/g).filter(
      (id) => guild.members.has(id) && lets('users', id),
    ),
    roleIds: mentioned(text, /<@&(\d+)>/g).filter(
      (id) => mayPingAll && guild.roles.some((role) => role.id === id) && lets('roles', id),
    ),
  };
}

/** Everybody whom either of two messages mentions. */
export function bothPings(one: MessageMentions, two: MessageMentions): MessageMentions {
  return {
    everyone: one.everyone || two.everyone,
    userIds: [...new Set([...one.userIds, ...two.userIds])],
    roleIds: [...new Set([...one.roleIds, ...two.roleIds])],
  };
}

/** Names of mentions as people write them: `@everyone`, `@Adam`, `@DJ`. */
export function pingNames(guild: Guild | undefined, pings: MessageMentions): readonly string[] {
  const users = pings.userIds.map((id) => guild?.members.get(id)?.user.name ?? id);
  const roles = pings.roleIds.map((id) => guild?.roles.find((role) => role.id === id)?.name ?? id);
  return [...(pings.everyone ? ['everyone'] : []), ...users, ...roles].map((name) => `@${name}`);
}

export function mentionsJson(guild: Guild | undefined, pings: MessageMentions): Json {
  const members = pings.userIds.map((id) => guild?.members.get(id));
  return {
    mention_everyone: pings.everyone,
    mentions: members.flatMap((member) => (member ? [userJson(member.user)] : [])),
    mention_roles: pings.roleIds,
  };
}

function mentioned(text: string, pattern: RegExp): string[] {
  return [...new Set(Array.from(text.matchAll(pattern), ([, id = '']) => id))];
}
