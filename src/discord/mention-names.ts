import { type Guild, PermissionFlagsBits } from 'discord.js';
import { toOneLine } from '#src/texts/plain-text.ts';
import { permissionsIn } from './permissions.ts';

/**
 * A text of Discord with the names that people see in place of its marks: people, roles, and channels that everybody may see.
 * Other marks stay, and `toSpeakable` drops them. Source: Discord docs, "Message Formatting".
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

/** Name of a channel, unless somebody who hears or reads it might not know of that channel. */
function findOpenChannel(id: string, guild: Guild | undefined) {
  const channel = guild?.channels.cache.get(id);
  const seen = channel && permissionsIn(channel, channel.guild.roles.everyone);
  return seen?.has(PermissionFlagsBits.ViewChannel)
    ? toOneLine(channel?.name ?? '')
    : undefined;
}
