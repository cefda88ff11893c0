import {
  type Client,
  DiscordAPIError,
  Events,
  type Guild,
  RESTJSONErrorCodes,
  Routes,
} from 'discord.js';
import { type GuildId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { writeSentence } from '#src/base/logged-text.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import { isOnShard } from '#src/people/server-share.ts';
import type { JoinedGuildStore } from '#src/ports/stores.ts';
import type { DiscordEvent } from './discord-event.ts';

export type GuildRecords = Pick<JoinedGuildStore, 'addGuilds' | 'listGuilds'>;
type ReportDiscord = (event: DiscordEvent) => void;

const notMember: readonly unknown[] = [
  RESTJSONErrorCodes.UnknownGuild,
  RESTJSONErrorCodes.MissingAccess,
];

export type GuildWatchDeps = {
  readonly store: GuildRecords;
  readonly report: ReportDiscord;
  readonly shard: Pick<OwnedShard, 'id' | 'count'>;
  readonly isAllowed: (guildId: GuildId) => boolean;
  /** Greets a new server once. Resolves to the cause of a failure. Never throws. */
  readonly greet: (guild: Guild) => Promise<unknown>;
};

/**
 * Reports `guild-removed` for servers that removed the bot while it was away, and
 * greets new ones.
 */
export function watchAbsentGuilds(
  client: Client<true>,
  { store, report, shard, isAllowed, greet }: GuildWatchDeps,
): void {
  const botId = toPersonId(client.user.id);
  // READY may be incomplete, so REST is asked about servers that it does not list.
  const noteGuilds = async (guildIds: readonly GuildId[]) => {
    try {
      await store.addGuilds(botId, guildIds);
      return true;
    } catch (cause) {
      report({
        kind: 'warning',
        message: writeSentence`The list of servers could not be saved.`,
        cause,
      });
      return false;
    }
  };
  const greetGuild = async (guild: Guild) => {
    const guildId = toGuildId(guild.id);
    const notedIds = await store.listGuilds(botId).catch(() => undefined);
    const isNew = notedIds?.includes(guildId) === false;
    if (!(await noteGuilds([guildId])) || !isNew) return;
    const cause = await greet(guild);
    const message = writeSentence`A server that invited the bot could not be greeted.`;
    if (cause === undefined) report({ kind: 'server-greeted', guildId });
    else report({ kind: 'warning', message, guildId, cause });
  };
  // Discord sends this for a server that READY did not list, too: it need not be new.
  client.on(Events.GuildCreate, (guild) => {
    if (isAllowed(toGuildId(guild.id))) void greetGuild(guild);
  });
  const presentIds = [...client.guilds.cache.keys()].map(toGuildId).filter(isAllowed);
  const readNotedGuilds = async () =>
    (await store.listGuilds(botId)).filter((guildId) => isOnShard(guildId, shard));
  void reportAbsent(client, readNotedGuilds, report).then(() => noteGuilds(presentIds));
}

async function reportAbsent(
  client: Client<true>,
  readNotedGuilds: () => Promise<readonly GuildId[]>,
  report: ReportDiscord,
) {
  const isThere = (guildId: GuildId) => client.guilds.cache.has(guildId);
  let trouble: unknown;
  const notedIds = await readNotedGuilds().catch((cause: unknown) => {
    trouble = cause;
    return [];
  });
  for (const guildId of notedIds.filter((id) => !isThere(id)))
    await client.rest.get(Routes.guild(guildId)).catch((cause: unknown) => {
      const isGone = cause instanceof DiscordAPIError && notMember.includes(cause.code);
      if (!isGone) trouble = cause;
      else if (!isThere(guildId)) report({ kind: 'guild-removed', guildId });
    });
  const message = writeSentence`At its next start the bot looks for servers that removed it while it was away.`;
  if (trouble !== undefined) report({ kind: 'warning', message, cause: trouble });
}
