import {
  ChannelType,
  DiscordAPIError,
  type GuildMember,
  type PermissionsBitField,
  RESTJSONErrorCodes,
  Routes,
  type VoiceBasedChannel,
} from 'discord.js';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  toChannelId,
  toGuildId,
} from '#src/base/ids.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { AccountRest } from './account-rest.ts';
import {
  chatRights,
  type NeededRight,
  neededRights,
  stageRights,
  talkRights,
} from './needed-rights.ts';

/** Rights that the bot lacks in one channel. */
export type ChannelRights = {
  readonly id: ChannelId;
  readonly name: string;
  readonly kind: 'voice' | 'stage';
  readonly lacksToTalk: readonly NeededRight[];
  /** Lacking rights in the chat of the channel. */
  readonly lacksToWrite: readonly NeededRight[];
};

/** Rights that the bot lacks in a server. */
export type GuildRights = {
  readonly id: GuildId;
  readonly name: string;
  readonly lacksInServer: readonly NeededRight[];
  /** Voice channels and stages, but for the AFK channel, in the order of the server. */
  readonly channels: readonly ChannelRights[];
  /** Unix time at which a time-out ends or ended. */
  readonly timedOutUntilMs: number | undefined;
};

const channelSchema = z.object({
  guild_id: z.string().nullish(),
  name: z.string().nullish(),
  type: z.int(),
});
const voiceStateSchema = z.object({ channel_id: z.string().nullish() });

/** Reads the rights of the bot in a server. Throws as `AccountRest.read` does. */
export async function readGuildRights(
  rest: AccountRest,
  { guildId, botId }: { readonly guildId: GuildId; readonly botId: PersonId },
  signal: AbortSignal,
): Promise<GuildRights> {
  return await rest.request(async (client) => {
    const guild = await client.guilds.fetch(guildId);
    const me = await guild.members.fetch(botId);
    const channels = [...(await guild.channels.fetch()).values()].flatMap((channel) =>
      channel?.isVoiceBased() && channel.id !== guild.afkChannelId ? [channel] : [],
    );
    const sortedChannels = channels.toSorted((a, b) => a.rawPosition - b.rawPosition);
    return {
      id: guildId,
      name: guild.name,
      lacksInServer: listMissingRights(me.permissions, neededRights),
      channels: sortedChannels.map((channel) => getChannelRights(channel, me)),
      timedOutUntilMs: me.communicationDisabledUntilTimestamp ?? undefined,
    };
  }, signal);
}

/** Finds a voice channel that the bot sees. */
export async function readVoicePlace(
  rest: AccountRest,
  channelId: ChannelId,
  signal: AbortSignal,
): Promise<ChannelRef | undefined> {
  const channel = await ignoreAbsent(
    rest.read(Routes.channel(channelId), channelSchema, signal),
  );
  if (!channel?.guild_id || toChannelKind(channel.type) === undefined) return undefined;
  const guildId = toGuildId(channel.guild_id);
  return { guildId, channelId, name: channel.name ?? channelId };
}

/** Finds the voice channel of a person, by default of the bot. */
export async function readSeat(
  rest: AccountRest,
  { guildId, userId }: { readonly guildId: GuildId; readonly userId?: PersonId },
  signal: AbortSignal,
): Promise<ChannelId | undefined> {
  const state = await ignoreAbsent(
    rest.read(Routes.guildVoiceState(guildId, userId), voiceStateSchema, signal),
  );
  return state?.channel_id ? toChannelId(state.channel_id) : undefined;
}

const absentCodes: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownVoiceState,
  RESTJSONErrorCodes.MissingAccess,
];

async function ignoreAbsent<T>(reading: Promise<T>) {
  try {
    return await reading;
  } catch (error) {
    const cause = error instanceof BotError && error.cause;
    if (cause instanceof DiscordAPIError && absentCodes.includes(cause.code))
      return undefined;
    throw error;
  }
}

function toChannelKind(type: number) {
  if (type === ChannelType.GuildVoice) return 'voice';
  return type === ChannelType.GuildStageVoice ? 'stage' : undefined;
}

function getChannelRights(channel: VoiceBasedChannel, me: GuildMember): ChannelRights {
  const permissions = channel.permissionsFor(me);
  const kind = toChannelKind(channel.type) ?? 'voice';
  return {
    id: toChannelId(channel.id),
    name: channel.name,
    kind,
    lacksToTalk: listMissingRights(
      permissions,
      kind === 'stage' ? stageRights : talkRights,
    ),
    lacksToWrite: listMissingRights(permissions, chatRights),
  };
}

function listMissingRights(
  permissions: Readonly<PermissionsBitField>,
  rights: readonly NeededRight[],
) {
  return rights.filter((right) => !permissions.has(right));
}
