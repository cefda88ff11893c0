import {
  ChannelType,
  DiscordAPIError,
  OverwriteType,
  PermissionFlagsBits,
  RESTJSONErrorCodes,
  Routes,
} from 'discord.js';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import type { AccountRest } from './account-rest.ts';
import { chatRights, type NeededRight, neededRights, stageRights, talkRights } from './rights.ts';

/** Rights that the bot lacks in one voice channel. */
export type ChannelRights = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'voice' | 'stage';
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

const bits = z.string().regex(/^\d+$/).transform(BigInt);
const role = z.object({ id: z.string(), permissions: bits });
const guild = z.object({
  id: z.string(),
  name: z.string(),
  owner_id: z.string(),
  afk_channel_id: z.string().nullish(),
  roles: z.array(role),
});
const member = z.object({
  roles: z.array(z.string()),
  communication_disabled_until: z.string().nullish(),
});
const channel = z.object({
  id: z.string(),
  name: z.string().nullish(),
  type: z.int(),
  position: z.int().default(0),
  permission_overwrites: z
    .array(z.object({ id: z.string(), type: z.int(), allow: bits, deny: bits }))
    .default([]),
});
const place = z.object({
  guild_id: z.string().nullish(),
  name: z.string().nullish(),
  type: z.int(),
});
const voiceState = z.object({ channel_id: z.string().nullish() });

type GuildBody = z.infer<typeof guild>;
type ChannelBody = z.infer<typeof channel>;
type Bot = { readonly id: string; readonly roleIds: readonly string[] };

/** Asks which rights the bot has in a server and its voice channels. Errors and abort: as `AccountRest.read`. */
export async function readGuildRights(
  rest: AccountRest,
  { guildId, botId }: { readonly guildId: string; readonly botId: string },
  signal: AbortSignal,
): Promise<GuildRights> {
  const server = await rest.read(Routes.guild(guildId), guild, signal);
  const me = await rest.read(Routes.guildMember(guildId, botId), member, signal);
  const channels = await rest.read(Routes.guildChannels(guildId), z.array(channel), signal);
  const bot = { id: botId, roleIds: me.roles };
  const base = rightsInServer(server, bot);
  const until = Date.parse(me.communication_disabled_until ?? '');
  return {
    id: guildId,
    name: server.name,
    lacksInServer: lacking(base, neededRights),
    channels: channels
      .filter(({ id, type }) => kindOf(type) !== undefined && id !== server.afk_channel_id)
      .toSorted((one, other) => one.position - other.position)
      .map((each) => channelRights(server, bot, each)),
    ...(Number.isFinite(until) && { timedOutUntilMs: until }),
  };
}

/** The voice channel or stage with this id; undefined where the bot sees none. Errors and abort: as `AccountRest.read`. */
export async function readVoicePlace(
  rest: AccountRest,
  channelId: string,
  signal: AbortSignal,
): Promise<
  { readonly guildId: string; readonly channelId: string; readonly name: string } | undefined
> {
  const found = await unlessAbsent(rest.read(Routes.channel(channelId), place, signal));
  if (!found?.guild_id || kindOf(found.type) === undefined) return undefined;
  return { guildId: found.guild_id, channelId, name: found.name ?? channelId };
}

/**
 * Id of the voice channel in which a person sits in a server; without `userId` the bot itself, by whatever process. Errors
 * and abort: as `AccountRest.read`.
 */
export async function readSeat(
  rest: AccountRest,
  { guildId, userId }: { readonly guildId: string; readonly userId?: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const route = Routes.guildVoiceState(guildId, userId);
  const state = await unlessAbsent(rest.read(route, voiceState, signal));
  return state?.channel_id ?? undefined;
}

/** Answers of Discord that say there is nothing there, or nothing that the bot may know. */
const absent: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownChannel,
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.UnknownVoiceState,
  RESTJSONErrorCodes.MissingAccess,
];

async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether Discord said that the bot is not there, or may not know. */
function isAbsent(error: unknown): boolean {
  const cause = error instanceof BotError ? error.cause : undefined;
  return cause instanceof DiscordAPIError && absent.includes(cause.code);
}

function kindOf(type: number): ChannelRights['kind'] | undefined {
  if (type === ChannelType.GuildVoice) return 'voice';
  return type === ChannelType.GuildStageVoice ? 'stage' : undefined;
}

function channelRights(server: GuildBody, bot: Bot, body: ChannelBody): ChannelRights {
  const mine = rightsInChannel(server, bot, body);
  const kind = kindOf(body.type) ?? 'voice';
  return {
    id: body.id,
    name: body.name ?? body.id,
    kind,
    lacksToTalk: lacking(mine, kind === 'stage' ? stageRights : talkRights),
    lacksToWrite: lacking(mine, chatRights),
  };
}

function lacking(mine: bigint, wanted: readonly NeededRight[]): readonly NeededRight[] {
  return wanted.filter((right) => !(mine & PermissionFlagsBits[right]));
}

const everything = (1n << 64n) - 1n;

function rightsInServer({ id, owner_id: ownerId, roles }: GuildBody, bot: Bot): bigint {
  if (bot.id === ownerId) return everything;
  const held = roles.filter((each) => each.id === id || bot.roleIds.includes(each.id));
  const all = held.reduce((sum, { permissions }) => sum | permissions, 0n);
  return all & PermissionFlagsBits.Administrator ? everything : all;
}

/**
 * Applies the overwrites of @everyone, then those of all roles at once, then the bot's own. Source: Discord docs,
 * "Permission Overwrites".
 */
function rightsInChannel(server: GuildBody, bot: Bot, body: ChannelBody): bigint {
  const base = rightsInServer(server, bot);
  if (base === everything) return everything;
  const overwrites = body.permission_overwrites;
  const ofRoles = overwrites.filter(({ type }) => type === OverwriteType.Role);
  const layers = [
    ofRoles.filter(({ id }) => id === server.id),
    ofRoles.filter(({ id }) => id !== server.id && bot.roleIds.includes(id)),
    overwrites.filter(({ type, id }) => type === OverwriteType.Member && id === bot.id),
  ];
  return layers.reduce((rights, layer) => {
    const denied = layer.reduce((sum, { deny }) => sum | deny, 0n);
    const allowed = layer.reduce((sum, { allow }) => sum | allow, 0n);
    return (rights & ~denied) | allowed;
  }, base);
}
