import { type EnvironmentSettings, listed } from './settings.ts';

/** Servers that the bot may be in. */
export type ServerLists = {
  /** Absent: all. */
  readonly allowed?: readonly string[];
  /** Wins over `allowed`. */
  readonly barred: readonly string[];
};

export function readServers({
  SERVERS_ALLOWED: allowed,
  SERVERS_BARRED: barred,
}: EnvironmentSettings): ServerLists {
  return { allowed: allowed ? listed(allowed) : undefined, barred: listed(barred) };
}

export function isServerAllowed({ allowed, barred }: ServerLists, guildId: GuildId): boolean {
  return !barred.includes(guildId) && (allowed === undefined || allowed.includes(guildId));
}
