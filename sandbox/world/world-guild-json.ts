import type { Channel, ChannelKind, Guild, VoiceState, World } from './world.ts';
import { type Json, memberJson, roleJson } from './world-json.ts';

/** Source: Discord docs, "Channel Types". */
export const channelTypes: Readonly<Record<ChannelKind, number>> = {
  text: 0,
  voice: 2,
  thread: 11,
  stage: 13,
};

export function channelJson(guild: Guild, channel: Channel): Json {
  return {
    id: channel.id,
    guild_id: guild.id,
    name: channel.name,
    type: channelTypes[channel.kind],
    position: channel.position,
    parent_id: channel.parentId ?? null,
    nsfw: false,
    rate_limit_per_user: 0,
    last_message_id: null,
    permission_overwrites: channel.overwrites.map(({ id, of, allow, deny }) => ({
      id,
      type: of === 'role' ? 0 : 1,
      allow: allow.toString(),
      deny: deny.toString(),
    })),
    ...ofKind(channel, guild),
  };
}

function ofKind(channel: Channel, guild: Guild): Json {
  switch (channel.kind) {
    case 'text':
      return { topic: null };
    case 'voice':
    case 'stage':
      return {
        bitrate: 64_000,
        user_limit: channel.userLimit,
        rtc_region: null,
        video_quality_mode: 1,
      };
    case 'thread':
      return {
        owner_id: channel.ownerId ?? guild.ownerId,
        message_count: 0,
        member_count: 1,
        total_message_sent: 0,
        thread_metadata: {
          archived: channel.archived ?? false,
          auto_archive_duration: 1440,
          archive_timestamp: guild.joinedAt,
          locked: false,
        },
      };
  }
}

/** A voice state as VOICE_STATE_UPDATE carries it; for a person in no channel `channel_id` is null. */
export function voiceStateJson(guild: Guild, userId: string, state: VoiceState | undefined): Json {
  const member = guild.members.get(userId);
  return {
    guild_id: guild.id,
    channel_id: state?.channelId ?? null,
    user_id: userId,
    ...(member ? { member: memberJson(member) } : {}),
    session_id: state?.sessionId ?? '',
    deaf: member?.deafened ?? false,
    mute: member?.muted ?? false,
    self_deaf: state?.selfDeaf ?? false,
    self_mute: state?.selfMute ?? false,
    self_video: false,
    suppress: state?.suppressed ?? false,
    request_to_speak_timestamp: state?.handRaisedAt ?? null,
  };
}

/** Answer of `GET /guilds/:id`. */
export function guildJson(guild: Guild): Json {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    owner_id: guild.ownerId,
    afk_channel_id: guild.afkChannelId,
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
    system_channel_id: guild.systemChannelId,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    premium_tier: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: guild.locale,
    max_members: 500_000,
    max_video_channel_users: 25,
  };
}

export type Sight = {
  /** All members, or only the bot itself and who sits in a voice channel, as without the members intent. */
  readonly members: 'all' | 'seated';
  readonly voiceStates: boolean;
};

/** Data of GUILD_CREATE: the server with its channels, members and voice states. */
export function guildCreateJson({ bot }: World, guild: Guild, sight: Sight): Json {
  const { members, voiceStates } = guild;
  const isSeen = (id: string) => sight.members === 'all' || id === bot.id || voiceStates.has(id);
  const seated = sight.voiceStates ? [...voiceStates.values()] : [];
  const threads = guild.channels.filter(({ kind }) => kind === 'thread');
  const channels = guild.channels.filter(({ kind }) => kind !== 'thread');
  return {
    ...guildJson(guild),
    unavailable: false,
    large: false,
    joined_at: guild.joinedAt,
    member_count: members.size,
    members: [...members.values()].filter(({ user }) => isSeen(user.id)).map(memberJson),
    channels: channels.map((channel) => channelJson(guild, channel)),
    voice_states: seated.map((state) => voiceStateJson(guild, state.userId, state)),
    threads: threads.map((channel) => channelJson(guild, channel)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}
