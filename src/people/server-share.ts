import type { GuildId } from '#src/base/ids.ts';

/** Shard `id` of `count`. */
export type ServerShare = { readonly id: number; readonly count: number };

/**
 * Gets the shard of a server. Source: https://discord.com/developers/docs/events/gateway#sharding-sharding-formula
 */
export function getShardId(guildId: GuildId, count: number): number {
  if (count <= 1 || !/^\d+$/.test(guildId)) return 0;
  return Number((BigInt(guildId) >> 22n) % BigInt(count));
}

/** Tests whether a shard serves a server. */
export function isOnShard(guildId: GuildId, { id, count }: ServerShare): boolean {
  return getShardId(guildId, count) === id;
}
