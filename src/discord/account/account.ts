import { ApplicationFlags, Routes } from 'discord.js';
import { z } from 'zod';
import { type AccountRest, identifiedSchema } from './account-rest.ts';

/** A bot as its owner set it up in Discord's developer portal. */
export type Account = Awaited<ReturnType<typeof readAccount>>;

export type GuildName = { readonly id: string; readonly name: string };

/** Source: Discord docs, "Membership State Enum": an invitation that was accepted. */
const acceptedState = 2;
const teamMember = z.object({
  user: identifiedSchema,
  membership_state: z.int().default(acceptedState),
});
const applicationSchema = identifiedSchema.extend({
  flags: z.int().default(0),
  owner: identifiedSchema.nullish(),
  team: z
    .object({
      owner_user_id: z.string().nullish(),
      members: z.array(teamMember).default([]),
    })
    .nullish(),
});
const userSchema = identifiedSchema.extend({ username: z.string() });
const guildName = identifiedSchema.extend({ name: z.string() });

/** Name of the intent in the developer portal. */
export const messageContentIntent = 'Message Content Intent';

/** A verified bot has the first flag, a small one the second. */
const messageContentFlags =
  ApplicationFlags.GatewayMessageContent |
  ApplicationFlags.GatewayMessageContentLimited;

export async function readAccount(rest: AccountRest, signal: AbortSignal) {
  const bot = await rest.read(Routes.user(), userSchema, signal);
  const own = await rest.read(Routes.currentApplication(), applicationSchema, signal);
  return {
    applicationId: own.id,
    botId: bot.id,
    name: bot.username,
    /** The bot needs this only for MESSAGE_CONTENT=on. */
    mayReadMessages: (own.flags & messageContentFlags) !== 0,
    ownerIds: listOwners(own),
  };
}

function listOwners({ owner, team }: z.infer<typeof applicationSchema>) {
  if (!team) return owner ? [owner.id] : [];
  const members = team.members.filter(
    ({ membership_state: state }) => state === acceptedState,
  );
  if (members.length > 0) return members.map(({ user }) => user.id);
  return team.owner_user_id ? [team.owner_user_id] : [];
}

/** Lists 200 servers of the bot at most. */
export async function readGuildNames(
  rest: AccountRest,
  signal: AbortSignal,
): Promise<readonly GuildName[]> {
  return await rest.read(Routes.userGuilds(), z.array(guildName), signal);
}
