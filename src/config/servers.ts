import { type EnvironmentSettings, splitList } from './settings.ts';

export type ServerLists = ReturnType<typeof readServers>;

/** Reads the lists of servers. Without `allowed` all are, and `barred` wins. */
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
