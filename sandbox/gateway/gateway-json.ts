import type { Guild, Member, World } from '#sandbox/world/world.ts';
import { guildCreateJson } from '#sandbox/world/world-guild-json.ts';
import { type Json, memberJson, userJson } from '#sandbox/world/world-json.ts';
import { isOnShard, type Shard } from './gateway-shards.ts';
import { intents, type MembersRequest } from './gateway-wire.ts';

export function readyJson(world: World, sessionId: string, resumeUrl: string, shard: Shard): Json {
  return {
    v: 10,
    user: { ...userJson(world.bot), verified: true, mfa_enabled: false, email: null },
    guilds: guildsOn(world, shard).map(({ id }) => ({ id, unavailable: true })),
    session_id: sessionId,
    resume_gateway_url: resumeUrl,
    shard: [shard.id, shard.count],
    application: { id: world.bot.id, flags: 0 },
  };
}

export function guildsOn(world: World, shard: Shard): readonly Guild[] {
  return world.guilds.filter(({ id }) => isOnShard(id, shard));
}

/** GUILD_CREATE as a session with these intents gets it. */
export function guildSeen(world: World, guild: Guild, asked: number): Json {
  return guildCreateJson(world, guild, {
    members: asked & intents.guildMembers ? 'all' : 'seated',
    voiceStates: (asked & intents.voiceStates) !== 0,
  });
}

/** The members of these ids, or whose names begin so. */
export function membersChunkJson(guild: Guild, request: MembersRequest): Json {
  const query = (request.query ?? '').toLowerCase();
  const named = (member: Member) => member.user.name.toLowerCase().startsWith(query);
  const ids = request.user_ids;
  const all = [...guild.members.values()];
  const found = all.filter((member) => (ids ? ids.includes(member.user.id) : named(member)));
  return {
    guild_id: guild.id,
    members: found.map(memberJson),
    chunk_index: 0,
    chunk_count: 1,
    not_found: (ids ?? []).filter((id) => !guild.members.has(id)),
    ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
  };
}
