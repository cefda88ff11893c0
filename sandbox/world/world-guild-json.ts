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
      };
    case 'thread':
      return {
        owner_id: channel.ownerId ?? guild.ownerId,
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
    member: member && memberJson(member),
    session_id: state?.sessionId ?? '',
    deaf: member?.deafened ?? false,
    mute: member?.muted ?? false,
    self_deaf: state?.selfDeaf ?? false,
    self_mute: state?.selfMute ?? false,
    suppress: state?.suppressed ?? false,
    request_to_speak_timestamp: state?.handRaisedAt ?? null,
  };
}

/** Answer of `GET /guilds/:id`. */
export function guildJson(guild: Guild): Json {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.ownerId,
    roles: guild.roles.map(roleJson),
    emojis: [],
    stickers: [],
    features: [],
    system_channel_id: guild.systemChannelId,
    preferred_locale: guild.locale,
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
  };
}
