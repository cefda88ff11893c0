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
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { AccountRest } from './account-rest.ts';
import {
  chatRights,
  type NeededRight,
  neededRights,
  stageRights,
  talkRights,
} from './needed-rights.ts';

export type ChannelRights = ReturnType<typeof getChannelRights>;
export type GuildRights = Awaited<ReturnType<typeof readGuildRights>>;

const placeSchema = z.object({
  guild_id: z.string().nullish(),
  name: z.string().nullish(),
  type: z.int(),
});
const voiceState = z.object({ channel_id: z.string().nullish() });

export async function readGuildRights(
  rest: AccountRest,
  { guildId, botId }: { readonly guildId: GuildId; readonly botId: PersonId },
  signal: AbortSignal,
) {
  return await rest.request(async (client) => {
    const guild = await client.guilds.fetch(guildId);
    const me = await guild.members.fetch(botId);
    const channels = [...(await guild.channels.fetch()).values()].flatMap((channel) =>
      channel?.isVoiceBased() && channel.id !== guild.afkChannelId ? [channel] : [],
    );
    const inOrder = channels.toSorted(
      (one, other) => one.rawPosition - other.rawPosition,
    );
    return {
      id: guildId,
      name: guild.name,
      lacksInServer: listMissingRights(me.permissions, neededRights),
      /** Voice channels and stages, but for the AFK channel, in the order of the server. */
      channels: inOrder.map((channel) => getChannelRights(channel, me)),
      /** Unix time at which a time-out ends or ended. */
      timedOutUntilMs: me.communicationDisabledUntilTimestamp ?? undefined,
    };
  }, signal);
}

/** Finds a voice channel that the bot sees. */
export async function readVoicePlace(
  rest: AccountRest,
  channelId: ChannelId,
  signal: AbortSignal,
): Promise<
  | { readonly guildId: GuildId; readonly channelId: ChannelId; readonly name: string }
  | undefined
> {
  const found = await ignoreAbsent(
    rest.read(Routes.channel(channelId), placeSchema, signal),
  );
  if (!found?.guild_id || toChannelKind(found.type) === undefined) return undefined;
  return { guildId: found.guild_id, channelId, name: found.name ?? channelId };
}

/** Finds the voice channel of a person, by default of the bot. */
export async function readSeat(
  rest: AccountRest,
  { guildId, userId }: { readonly guildId: GuildId; readonly userId?: PersonId },
  signal: AbortSignal,
): Promise<string | undefined> {
  const state = await ignoreAbsent(
    rest.read(Routes.guildVoiceState(guildId, userId), voiceState, signal),
  );
  return state?.channel_id ?? undefined;
}

const absentCodes: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownVoiceState,
  RESTJSONErrorCodes.MissingAccess,
];

async function ignoreAbsent<T>(asked: Promise<T>) {
  try {
    return await asked;
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

function getChannelRights(channel: VoiceBasedChannel, me: GuildMember) {
  const mine = channel.permissionsFor(me);
  const kind = toChannelKind(channel.type) ?? 'voice';
  return {
    id: channel.id,
    name: channel.name,
    kind,
    lacksToTalk: listMissingRights(mine, kind === 'stage' ? stageRights : talkRights),
    lacksToWrite: listMissingRights(mine, chatRights),
  };
}

function listMissingRights(
  mine: Readonly<PermissionsBitField>,
  wanted: readonly NeededRight[],
) {
  return wanted.filter((right) => !mine.has(right));
}
