import type { Channel, Member, RegisteredCommand, Role, User, VoiceState, World } from './world.ts';
import { permissionsOf } from './world-permissions.ts';

/** A JSON object on the wire. */
export type Json = Readonly<Record<string, unknown>>;

export function userJson(user: User): Json {
  return {
    id: user.id,
    username: user.name.toLowerCase(),
    global_name: user.name,
    discriminator: '0',
    avatar: null,
    bot: user.bot,
    public_flags: 0,
    flags: 0,
  };
}

export function memberJson(member: Member): Json {
  return {
    user: userJson(member.user),
    nick: null,
    avatar: null,
    roles: member.roleIds,
    joined_at: member.joinedAt,
    premium_since: null,
    communication_disabled_until: null,
    deaf: false,
    mute: false,
    pending: false,
    flags: 0,
  };
}

export function roleJson(role: Role): Json {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    position: role.position,
    permissions: role.permissions.toString(),
    managed: role.botId !== undefined,
    mentionable: false,
    flags: 0,
    ...(role.botId === undefined ? {} : { tags: { bot_id: role.botId } }),
  };
}

export function channelJson(world: World, channel: Channel): Json {
  const voice = { bitrate: 64_000, user_limit: 0, rtc_region: null, video_quality_mode: 1 };
  return {
    id: channel.id,
    guild_id: world.guild.id,
    name: channel.name,
    type: channel.kind === 'voice' ? 2 : 0,
    position: channel.position,
    parent_id: null,
    nsfw: false,
    rate_limit_per_user: 0,
    last_message_id: null,
    permission_overwrites: channel.overwrites.map(({ roleId, allow, deny }) => ({
      id: roleId,
      type: 0,
      allow: allow.toString(),
      deny: deny.toString(),
    })),
    ...(channel.kind === 'voice' ? voice : { topic: null }),
  };
}

/** A voice state as VOICE_STATE_UPDATE carries it; whoever is in no channel has `channel_id` null. */
export function voiceStateJson(world: World, userId: string, state: VoiceState | undefined): Json {
  const member = world.guild.members.get(userId);
  return {
    guild_id: world.guild.id,
    channel_id: state?.channelId ?? null,
    user_id: userId,
    ...(member ? { member: memberJson(member) } : {}),
    session_id: state?.sessionId ?? '',
    deaf: false,
    mute: false,
    self_deaf: state?.selfDeaf ?? false,
    self_mute: state?.selfMute ?? false,
    self_video: false,
    suppress: false,
    request_to_speak_timestamp: null,
  };
}

/** What `GET /guilds/:id` tells. */
export function guildJson(world: World): Json {
  const { guild } = world;
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: guild.ownerId,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    roles: guild.roles.map(roleJson),
    emojis: [],
    stickers: [],
    features: [],
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    premium_tier: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: 'en-US',
    max_members: 500_000,
    max_video_channel_users: 25,
  };
}

/** What GUILD_CREATE tells: the server with its channels, members and who sits where. */
export function guildCreateJson(
  world: World,
  members: readonly Member[],
  withVoice: boolean,
): Json {
  const { guild } = world;
  const seated = withVoice ? [...guild.voiceStates.values()] : [];
  return {
    ...guildJson(world),
    unavailable: false,
    large: false,
    joined_at: guild.joinedAt,
    member_count: guild.members.size,
    members: members.map(memberJson),
    channels: guild.channels.map((channel) => channelJson(world, channel)),
    voice_states: seated.map((state) => voiceStateJson(world, state.userId, state)),
    threads: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/** Without `install_params`: discord.js 14.28.1 fails on a null there. */
export function applicationJson(world: World): Json {
  const owner = world.guild.members.get(world.guild.ownerId);
  return {
    id: world.bot.id,
    name: world.bot.name,
    icon: null,
    description: '',
    summary: '',
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '00'.repeat(32),
    flags: 0,
    tags: [],
    team: null,
    bot: userJson(world.bot),
    approximate_guild_count: 1,
    ...(owner ? { owner: userJson(owner.user) } : {}),
  };
}

export function commandJson(world: World, command: RegisteredCommand): Json {
  return {
    default_member_permissions: null,
    nsfw: false,
    description: '',
    ...command.body,
    id: command.id,
    application_id: world.bot.id,
    version: command.version,
    ...(command.guildId === undefined ? {} : { guild_id: command.guildId }),
  };
}

/** A member as an interaction carries them: with their permissions in the channel. */
export function callerJson(world: World, member: Member, channel: Channel): Json {
  const permissions = permissionsOf(world, member.user.id, channel);
  return { ...memberJson(member), permissions: permissions.toString() };
}
