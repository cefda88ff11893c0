import { type EnvironmentSettings, splitList } from './settings.ts';

/** Servers that the bot may be in. */
export type ServerLists = ReturnType<typeof readServers>;

/** Lists of servers: without `allowed` all, and `barred` wins. */
export function readServers({
  SERVERS_ALLOWED: all,
  SERVERS_BARRED: barred,
}: EnvironmentSettings) {
  return { allowed: all ? splitList(all) : undefined, barred: splitList(barred) };
}

export function isServerAllowed(
  { allowed, barred }: ServerLists,
  guildId: GuildId,
): boolean {
  return (
    !barred.includes(guildId) && (allowed === undefined || allowed.includes(guildId))
  );
}
