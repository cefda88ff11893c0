import type { Guild, World } from '#sandbox/world/world.ts';
import { guildCreateJson, type Json, userJson } from '#sandbox/world/world-json.ts';
import { isOnShard, type Shard } from './gateway-shards.ts';
import { intents } from './gateway-wire.ts';

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
