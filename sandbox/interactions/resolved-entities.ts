import {
  findChannel,
  findMember,
  findRole,
  type Guild,
  type World,
} from '#sandbox/world/world.ts';
import {
  type Json,
  toChannelJson,
  toMemberJson,
  toRoleJson,
  toUserJson,
} from '#sandbox/world/world-json.ts';
import { computePermissions } from '#sandbox/world/world-permissions.ts';

type ResolvedKind = 'users' | 'members' | 'channels' | 'roles' | 'attachments';
export type ResolvedEntity = { readonly id: string; readonly json: Json };

export type ResolvedEntities = ReturnType<typeof createResolvedEntities>;

/** Finds the ids for names, and collects the entities that an interaction carries under `resolved`. */
export function createResolvedEntities(world: World, guild: Guild) {
  const resolved: { [kind in ResolvedKind]?: Record<string, Json> } = {};

  function noteEntity(kind: ResolvedKind, { id, json }: ResolvedEntity) {
    resolved[kind] = { ...resolved[kind], [id]: json };
    return id;
  }

  return {
    /**
     * Finds the id of a channel. Undefined when there is no such channel, or it is of
     * none of the `types`.
     */
    resolveChannel(word: string, types?: unknown) {
      const channel = findChannel(guild, word.replace(/^#/, ''));
      if (!channel) return undefined;
      const json = toChannelJson(guild, channel);
      if (Array.isArray(types) && types.length > 0 && !types.includes(json.type))
        return undefined;
      const { bot } = world;
      const permissions = computePermissions(world, guild, bot.id, channel).toString();
      return noteEntity('channels', {
        id: channel.id,
        json: { ...json, permissions },
      });
    },

    resolveUser(word: string) {
      const member = findMember(guild, word.replace(/^@/, ''));
      if (!member) return undefined;
      const { id } = member.user;
      const permissions = computePermissions(world, guild, id).toString();
      const { user: _, ...json } = toMemberJson(member);
      noteEntity('members', { id, json: { ...json, permissions } });
      return noteEntity('users', { id, json: toUserJson(member.user) });
    },

    resolveRole(word: string) {
      const role = findRole(guild, word.replace(/^@/, ''));
      return role && noteEntity('roles', { id: role.id, json: toRoleJson(role) });
    },
    noteEntity,

    /** Returns the entities as JSON, or nothing when no name was given. */
    toJson() {
      return Object.keys(resolved).length > 0 ? { resolved } : {};
    },
  };
}
