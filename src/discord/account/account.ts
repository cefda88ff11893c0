import { ApplicationFlags, Routes } from 'discord.js';
import { z } from 'zod';
import { type GuildId, type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { type AccountRest, identifiedSchema } from './account-rest.ts';

/** A bot as its owner set it up in Discord's developer portal. */
export type Account = {
  readonly applicationId: string;
  readonly botId: PersonId;
  readonly name: string;
  /** The bot needs this only for MESSAGE_CONTENT=on. */
  readonly mayReadMessages: boolean;
  readonly ownerIds: readonly PersonId[];
};

export type GuildName = { readonly id: GuildId; readonly name: string };

/** Source: Discord docs, "Membership State Enum": an invitation that was accepted. */
const acceptedState = 2;
const teamMemberSchema = z.object({
  user: identifiedSchema,
  membership_state: z.int().default(acceptedState),
});
const applicationSchema = identifiedSchema.extend({
  flags: z.int().default(0),
  owner: identifiedSchema.nullish(),
  team: z
    .object({
      owner_user_id: z.string().nullish(),
      members: z.array(teamMemberSchema).default([]),
    })
    .nullish(),
});
const userSchema = identifiedSchema.extend({ username: z.string() });
const guildNameSchema = identifiedSchema.extend({ name: z.string() });

/** Name of the intent in the developer portal. */
export const messageContentIntent = 'Message Content Intent';

/** Flags of the intent: a verified bot has the first, a small bot the second. */
const messageContentFlags =
  ApplicationFlags.GatewayMessageContent |
  ApplicationFlags.GatewayMessageContentLimited;

/** Reads the bot and its application. Throws as `AccountRest.read` does. */
export async function readAccount(
  rest: AccountRest,
  signal: AbortSignal,
): Promise<Account> {
  const bot = await rest.read(Routes.user(), userSchema, signal);
  const application = await rest.read(
    Routes.currentApplication(),
    applicationSchema,
    signal,
  );
  return {
    applicationId: application.id,
    botId: toPersonId(bot.id),
    name: bot.username,
    mayReadMessages: (application.flags & messageContentFlags) !== 0,
    ownerIds: listOwners(application).map(toPersonId),
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
  const guilds = await rest.read(Routes.userGuilds(), z.array(guildNameSchema), signal);
  return guilds.map(({ id, name }) => ({ id: toGuildId(id), name }));
}
