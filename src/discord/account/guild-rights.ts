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

/** Rights that the bot lacks in one voice channel. */
export type ChannelRights = {
  readonly id: string;
  readonly name: string;
  readonly kind: ChannelFacts['kind'];
  /** Missing rights to be there and to talk. */
  readonly lacksToTalk: readonly NeededRight[];
  /** Missing rights to write into its chat. */
  readonly lacksToWrite: readonly NeededRight[];
};

/** Rights of the bot in one server. */
export type GuildRights = {
  readonly id: string;
  readonly name: string;
  /** Rights of the invite link that none of its roles has. */
  readonly lacksInServer: readonly NeededRight[];
  /** Voice channels and stages, but for the AFK channel, in the order of the server. */
  readonly channels: readonly ChannelRights[];
  /** When a time-out ends or ended, by the wall clock; while one lasts the bot may do nothing. */
  readonly timedOutUntilMs?: number;
};

const placeSchema = z.object({
  guild_id: z.string().nullish(),
  name: z.string().nullish(),
  type: z.int(),
});
const voiceState = z.object({ channel_id: z.string().nullish() });

/** Asks which rights the bot has in a server and its voice channels. Errors and abort: as `AccountRest.read`. */
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

/** The voice channel or stage with this id; undefined where the bot sees none. Errors and abort: as `AccountRest.read`. */
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
 * Id of the voice channel in which a person sits in a server; without `userId` the bot itself, by whatever process. Errors
 * and abort: as `AccountRest.read`.
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

/** Answers of Discord that say there is nothing there, or nothing that the bot may know. */
const absentCodes: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownVoiceState,
  RESTJSONErrorCodes.MissingAccess,
];

async function ignoreAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether Discord said that the bot is not there, or may not know. */
function isAbsent(error: unknown) {
  const cause = error instanceof BotError ? error.cause : undefined;
  return cause instanceof DiscordAPIError && absentCodes.includes(cause.code);
}

function toChannelKind(type: number): ChannelRights['kind'] | undefined {
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
