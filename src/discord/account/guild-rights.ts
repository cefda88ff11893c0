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
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { AccountRest } from './account-rest.ts';
import {
  chatRights,
  type NeededRight,
  neededRights,
  stageRights,
  talkRights,
} from './needed-rights.ts';

export type ChannelRights = {
  readonly id: string;
  readonly name: string;
  readonly kind: ChannelFacts['kind'];
  readonly lacksToTalk: readonly NeededRight[];
  readonly lacksToWrite: readonly NeededRight[];
};

export type GuildRights = {
  readonly id: string;
  readonly name: string;
  readonly lacksInServer: readonly NeededRight[];
  /** Voice channels and stages, but for the AFK channel, in the order of the server. */
  readonly channels: readonly ChannelRights[];
  /** Unix time at which a time-out ends or ended. */
  readonly timedOutUntilMs?: number;
};

const placeSchema = z.object({
  guild_id: z.string().nullish(),
  name: z.string().nullish(),
  type: z.int(),
});
const voiceState = z.object({ channel_id: z.string().nullish() });

/** Errors and abort: as `AccountRest.read`. */
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
    const inOrder = channels.toSorted(
      (one, other) => one.rawPosition - other.rawPosition,
    );
    return {
      id: guildId,
      name: guild.name,
      lacksInServer: listMissingRights(me.permissions, neededRights),
      channels: inOrder.map((channel) => getChannelRights(channel, me)),
      timedOutUntilMs: me.communicationDisabledUntilTimestamp ?? undefined,
    };
  }, signal);
}

/** Undefined if the bot sees no such voice channel. Errors and abort: as `AccountRest.read`. */
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

/**
 * Without `userId` finds the seat of the bot itself. Errors and abort: as `AccountRest.read`.
 */
export async function readSeat(
  rest: AccountRest,
  { guildId, userId }: { readonly guildId: GuildId; readonly userId?: PersonId },
  signal: AbortSignal,
): Promise<string | undefined> {
  const route = Routes.guildVoiceState(guildId, userId);
  const state = await ignoreAbsent(rest.read(route, voiceState, signal));
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

function getChannelRights(channel: VoiceBasedChannel, me: GuildMember): ChannelRights {
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
