/** Servers of one shard: those whose id, without its lowest 22 bits, leaves `id` when it is divided by `count`. */
export type ServerShare = { readonly id: number; readonly count: number };

/** Id of the shard whose gateway tells of a server. Source: Discord docs, "Sharding Formula". */
export function getShardId(guildId: GuildId, count: number): number {
  if (count <= 1 || !/^\d+$/.test(guildId)) return 0;
  return Number((BigInt(guildId) >> 22n) % BigInt(count));
}

/** Whether the gateway of this shard tells of a server. */
export function isOnShard(guildId: GuildId, { id, count }: ServerShare): boolean {
  return getShardId(guildId, count) === id;
}
