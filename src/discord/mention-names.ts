import { type Guild, PermissionFlagsBits } from 'discord.js';
import { toOneLine } from '#src/texts/plain-text.ts';
import { permissionsIn } from './permissions.ts';

/**
 * Replaces marks by names of people, roles and channels that everybody may see. Source:
 * Discord docs, "Message Formatting".
 */
export function replaceMentions(
  text: string,
  guild: Guild | undefined,
  /** Names of people by id, where Discord has told others than it keeps. */
  told: ReadonlyMap<string, string> = new Map(),
): string {
  const findPerson = (id: string) =>
    told.get(id) ??
    (guild?.members.cache.get(id) ?? guild?.client.users.cache.get(id))?.displayName;
  return text.replace(/<(@[!&]?|#)(\d+)>/g, (whole, mark: string, id: string) => {
    if (mark === '#') return findOpenChannel(id, guild) ?? whole;
    const name = mark === '@&' ? guild?.roles.cache.get(id)?.name : findPerson(id);
    return name === undefined ? whole : toOneLine(name);
  });
}

/** Hides the name of a channel that a listener might not know. */
function findOpenChannel(id: string, guild: Guild | undefined) {
  const channel = guild?.channels.cache.get(id);
  const seen = channel && permissionsIn(channel, channel.guild.roles.everyone);
  return seen?.has(PermissionFlagsBits.ViewChannel)
    ? toOneLine(channel?.name ?? '')
    : undefined;
}
