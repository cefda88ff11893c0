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

/** Finds the ids for names, and collects the entities that an interaction carries under `resolved`. */
export class ResolvedEntities {
  readonly #world;
  readonly #guild;
  readonly #resolved: { [kind in ResolvedKind]?: Record<string, Json> } = {};

  constructor(world: World, guild: Guild) {
    this.#world = world;
    this.#guild = guild;
  }

  /**
   * Finds the id of a channel. Undefined when there is no such channel, or it is of
   * none of the `types`.
   */
  resolveChannel(word: string, types?: unknown) {
    const channel = findChannel(this.#guild, word.replace(/^#/, ''));
    if (!channel) return undefined;
    const json = toChannelJson(this.#guild, channel);
    if (Array.isArray(types) && types.length > 0 && !types.includes(json.type))
      return undefined;
    const { bot } = this.#world;
    const permissions = computePermissions(
      this.#world,
      this.#guild,
      bot.id,
      channel,
    ).toString();
    return this.noteEntity('channels', {
      id: channel.id,
      json: { ...json, permissions },
    });
  }

  resolveUser(word: string) {
    const member = findMember(this.#guild, word.replace(/^@/, ''));
    if (!member) return undefined;
    const { id } = member.user;
    const permissions = computePermissions(this.#world, this.#guild, id).toString();
    const { user: _, ...json } = toMemberJson(member);
    this.noteEntity('members', { id, json: { ...json, permissions } });
    return this.noteEntity('users', { id, json: toUserJson(member.user) });
  }

  resolveRole(word: string) {
    const role = findRole(this.#guild, word.replace(/^@/, ''));
    return role && this.noteEntity('roles', { id: role.id, json: toRoleJson(role) });
  }

  noteEntity(kind: ResolvedKind, { id, json }: ResolvedEntity) {
    this.#resolved[kind] = { ...this.#resolved[kind], [id]: json };
    return id;
  }

  /** Returns the entities as JSON, or nothing when no name was given. */
  toJson() {
    return Object.keys(this.#resolved).length > 0 ? { resolved: this.#resolved } : {};
  }
}
