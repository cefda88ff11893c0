import type { Places } from '#src/conversation/ports/command-ports.ts';
import type { GuildSettings } from '#src/conversation/settings/guild-settings.ts';

/** Every name that the bot answers to in one server. */
export function botNames(
  guildId: string,
  { names }: GuildSettings,
  places: Places,
): readonly string[] {
  return [...new Set([places.botName(guildId), ...names])];
}
