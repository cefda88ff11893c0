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
import type { ChannelId, PersonId, RoleId } from '#src/base/ids.ts';

type ResolvedKind = 'users' | 'members' | 'channels' | 'roles' | 'attachments';
/** A file, person, role or channel as JSON, by its id. */
export type ResolvedEntity = { readonly id: string; readonly json: Json };

/** Finds the ids for names, and collects the entities that an interaction carries under `resolved`. */
export class ResolvedEntities {
  readonly #world: World;
  readonly #guild: Guild;
  readonly #resolved: { [kind in ResolvedKind]?: Record<string, Json> } = {};

  constructor(world: World, guild: Guild) {
    this.#world = world;
    this.#guild = guild;
  }

  /**
   * Finds the id of a channel. Undefined when there is no such channel, or it is of none
   * of the `types`.
   */
  resolveChannel(idOrName: string, types?: unknown): ChannelId | undefined {
    const guild = this.#guild;
    const channel = findChannel(guild, idOrName.replace(/^#/, ''));
    if (!channel) return undefined;
    const json = toChannelJson(guild, channel);
    if (Array.isArray(types) && types.length > 0 && !types.includes(json.type))
      return undefined;
    const { id } = this.#world.bot;
    const permissions = computePermissions(this.#world, guild, id, channel).toString();
    this.noteEntity('channels', { id: channel.id, json: { ...json, permissions } });
    return channel.id;
  }

  /** Finds the id of a member. Undefined when there is no such member. */
  resolveUser(idOrName: string): PersonId | undefined {
    const guild = this.#guild;
    const member = findMember(guild, idOrName.replace(/^@/, ''));
    if (!member) return undefined;
    const { id } = member.user;
    const permissions = computePermissions(this.#world, guild, id).toString();
    const { user: _, ...json } = toMemberJson(member);
    this.noteEntity('members', { id, json: { ...json, permissions } });
    this.noteEntity('users', { id, json: toUserJson(member.user) });
    return id;
  }

  /** Finds the id of a role. Undefined when there is no such role. */
  resolveRole(idOrName: string): RoleId | undefined {
    const role = findRole(this.#guild, idOrName.replace(/^@/, ''));
    if (role) this.noteEntity('roles', { id: role.id, json: toRoleJson(role) });
    return role?.id;
  }

  /** Adds an entity that is known already, and returns its id. */
  noteEntity(kind: ResolvedKind, { id, json }: ResolvedEntity): string {
    this.#resolved[kind] = { ...this.#resolved[kind], [id]: json };
    return id;
  }

  /** Returns the entities as JSON, or nothing when no name was given. */
  toJson(): Json {
    return Object.keys(this.#resolved).length > 0 ? { resolved: this.#resolved } : {};
  }
}
