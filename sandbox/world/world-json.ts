import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type { PersonId } from '#src/base/ids.ts';
import {
  type Channel,
  type ChannelKind,
  findPlace,
  type Guild,
  type GuildRole,
  type Member,
  type RegisteredCommand,
  type User,
  type VoiceState,
  type World,
} from './world.ts';
import { toAttachmentJson } from './world-attachments.ts';
import {
  type BoardMessage,
  type MessageChange,
  type MessageMentions,
  messageFlags,
} from './world-messages.ts';
import { computePermissions } from './world-permissions.ts';

/** A JSON object on the wire. */
export type Json = Readonly<Record<string, unknown>>;

/** Builds a user as every event and answer carries it. */
export function toUserJson(user: User): Json {
  return {
    id: user.id,
    username: user.name.toLowerCase(),
    global_name: user.name,
    discriminator: '0',
    avatar: null,
    bot: user.bot,
    flags: 0,
  };
}

/** Builds a member, with the user inside. */
export function toMemberJson(member: Member): Json {
  const until = member.timedOutUntilMs;
  return {
    user: toUserJson(member.user),
    nick: null,
    avatar: null,
    roles: member.roleIds,
    joined_at: member.joinedAt,
    communication_disabled_until:
      until === undefined ? null : new Date(until).toISOString(),
    deaf: member.deafened,
    mute: member.muted,
    pending: false,
    flags: 0,
  };
}

/** Builds a role. That of a bot is managed. */
export function toRoleJson(role: GuildRole): Json {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    position: role.position,
    permissions: role.permissions.toString(),
    managed: role.botId !== undefined,
    mentionable: false,
    flags: 0,
    ...(role.botId !== undefined && { tags: { bot_id: role.botId } }),
  };
}

/**
 * Builds the application, without `install_params`: discord.js 14.28.1 fails on a
 * null there.
 */
export function toApplicationJson(world: World, flags: number): Json {
  const owner = world.guild.members.get(world.guild.ownerId);
  return {
    id: world.bot.id,
    name: world.bot.name,
    icon: null,
    description: '',
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '',
    flags,
    tags: [],
    team: world.team ? toTeamJson(world.bot.id, world.team) : null,
    bot: toUserJson(world.bot),
    approximate_guild_count: world.guilds.length,
    owner: owner && toUserJson(owner.user),
  };
}

function toTeamJson(id: PersonId, members: readonly User[]) {
  const [owner] = members;
  return {
    id,
    name: 'Team',
    owner_user_id: owner?.id ?? id,
    members: members.map((user) => ({
      membership_state: 2,
      role: user === owner ? 'admin' : 'developer',
      team_id: id,
      user: toUserJson(user),
    })),
  };
}

/** Builds a registered command, with the defaults that Discord adds. */
export function toCommandJson(world: World, command: RegisteredCommand): Json {
  return {
    default_member_permissions: null,
    nsfw: false,
    description: '',
    ...command.body,
    id: command.id,
    application_id: world.bot.id,
    version: command.version,
    guild_id: command.guildId,
  };
}

/**
 * Builds a member as an interaction carries them: with their permissions in the
 * channel.
 */
export function toCallerJson(
  world: World,
  guild: Guild,
  member: Member,
  channel: Channel,
): Json {
  const permissions = computePermissions(world, guild, member.user.id, channel);
  return { ...toMemberJson(member), permissions: permissions.toString() };
}

/** Numbers of the kinds of channels. Source: https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
export const channelTypes: Readonly<Record<ChannelKind, number>> = {
  text: 0,
  voice: 2,
  thread: 11,
  stage: 13,
};

/** Builds a channel or a thread, without the permissions of anybody. */
export function toChannelJson(guild: Guild, channel: Channel): Json {
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
    ...toKindFields(channel, guild),
  };
}

function toKindFields(channel: Channel, guild: Guild) {
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

/**
 * Builds the answer to a request for channel info: the status is no part of the
 * channel.
 */
export function toChannelInfoJson({ channels, id }: Guild): Json {
  const voice = channels.filter(({ kind }) => kind === 'voice');
  const fields = voice.map((channel) => ({
    id: channel.id,
    status: channel.status ?? null,
  }));
  return { guild_id: id, channels: fields };
}

/**
 * Builds a voice state as VOICE_STATE_UPDATE carries it. For a person in no channel
 * `channel_id` is null.
 */
export function toVoiceStateJson(
  guild: Guild,
  userId: PersonId,
  state: VoiceState | undefined,
): Json {
  const member = guild.members.get(userId);
  return {
    guild_id: guild.id,
    channel_id: state?.channelId ?? null,
    user_id: userId,
    member: member && toMemberJson(member),
    session_id: state?.sessionId ?? '',
    deaf: member?.deafened ?? false,
    mute: member?.muted ?? false,
    self_deaf: state?.selfDeaf ?? false,
    self_mute: state?.selfMute ?? false,
    suppress: state?.suppressed ?? false,
    request_to_speak_timestamp: state?.handRaisedAt ?? null,
  };
}

/** Builds the answer of `GET /guilds/:id`. */
export function toGuildJson(guild: Guild): Json {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.ownerId,
    roles: guild.roles.map(toRoleJson),
    emojis: [],
    stickers: [],
    features: [],
    system_channel_id: guild.systemChannelId,
    preferred_locale: guild.locale,
  };
}

type GuildSight = {
  /** All members, or without the members intent only the bot and people in voice channels. */
  readonly members: 'all' | 'seated';
  readonly voiceStates: boolean;
};

/**
 * Builds the data of GUILD_CREATE: the server with its channels, members and voice
 * states.
 */
export function toGuildCreateJson(
  { bot }: World,
  guild: Guild,
  sight: GuildSight,
): Json {
  const { members, voiceStates } = guild;
  const isSeen = (id: PersonId) =>
    sight.members === 'all' || id === bot.id || voiceStates.has(id);
  const seated = sight.voiceStates ? [...voiceStates.values()] : [];
  const threads = guild.channels.filter(({ kind }) => kind === 'thread');
  const channels = guild.channels.filter(({ kind }) => kind !== 'thread');
  return {
    ...toGuildJson(guild),
    unavailable: false,
    large: false,
    joined_at: guild.joinedAt,
    member_count: members.size,
    members: [...members.values()]
      .filter(({ user }) => isSeen(user.id))
      .map(toMemberJson),
    channels: channels.map((channel) => toChannelJson(guild, channel)),
    voice_states: seated.map((state) => toVoiceStateJson(guild, state.userId, state)),
    threads: threads.map((channel) => toChannelJson(guild, channel)),
    presences: [],
    stage_instances: [],
  };
}

/** Source: https://discord.com/developers/docs/resources/message#message-object-message-types */
const messageTypes = { usual: 0, reply: 19 } as const;

/** Builds a message as it stands now. */
export function toMessageJson(world: World, message: BoardMessage): Json {
  const guild = findPlace(world, message.channelId)?.guild;
  const author = guild?.members.get(message.authorId)?.user ?? world.bot;
  const { replyToId } = message;
  return {
    id: message.id,
    channel_id: message.channelId,
    guild_id: guild?.id ?? world.guild.id,
    type: replyToId === undefined ? messageTypes.usual : messageTypes.reply,
    author: toUserJson(author),
    content: message.text,
    timestamp: message.postedAt,
    edited_timestamp: message.editedAt,
    tts: false,
    pinned: false,
    ...toMentionsJson(guild, message.pings),
    embeds: message.embeds,
    components: message.components,
    attachments: message.files.map(toAttachmentJson),
    flags:
      message.flags |
      (message.ephemeral ? messageFlags.ephemeral : 0) |
      (message.loading ? messageFlags.loading : 0),
    ...(replyToId !== undefined && {
      message_reference: { message_id: replyToId, channel_id: message.channelId },
    }),
    ...message.form,
  };
}

/**
 * Builds the event that tells the bot of a change. Without the message content intent,
 * only the author and the channel.
 */
export function toMessageEvent(
  world: World,
  { kind, message, together }: MessageChange,
): Dispatch | undefined {
  const { id, channelId } = message;
  if (world.directChannels.has(channelId)) return undefined; // needs an intent of its own
  const intent = intents.messages;
  const guildId = (findPlace(world, channelId)?.guild ?? world.guild).id;
  if (kind === 'deleted' && together) {
    const data = { ids: [...together], channel_id: channelId, guild_id: guildId };
    return id === together.at(-1)
      ? { name: 'MESSAGE_DELETE_BULK', guildId, data, intent }
      : undefined;
  }
  if (kind === 'deleted') {
    const data = { id, channel_id: channelId, guild_id: guildId };
    return { name: 'MESSAGE_DELETE', guildId, data, intent };
  }
  const json = toMessageJson(world, message);
  const emptyLists = {
    embeds: [],
    components: [],
    attachments: [],
    message_snapshots: [],
  };
  const emptied = { ...json, content: '', ...emptyLists, poll: undefined };
  const readMessageJson = (sessionIntents: number) =>
    sessionIntents & intents.messageContent || isReadableByBot(world, message)
      ? json
      : emptied;
  const name = kind === 'posted' ? 'MESSAGE_CREATE' : 'MESSAGE_UPDATE';
  return { name, guildId, data: readMessageJson, intent };
}

/**
 * Tests for messages that the bot may read without the intent: its own, and those that
 * mention the bot.
 */
function isReadableByBot({ bot }: World, { authorId, pings }: BoardMessage) {
  return authorId === bot.id || pings.userIds.includes(bot.id);
}

function toMentionsJson(guild: Guild | undefined, pings: MessageMentions) {
  const members = pings.userIds.map((id) => guild?.members.get(id));
  return {
    mention_everyone: pings.everyone,
    mentions: members.flatMap((member) => (member ? [toUserJson(member.user)] : [])),
    mention_roles: pings.roleIds,
  };
}
