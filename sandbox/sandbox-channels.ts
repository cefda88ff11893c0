import { findMember, findRole, type Guild, knownChannel } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import type { MessageBoard } from '#sandbox/world/world-messages.ts';
import { bitsOf, type Permission } from '#sandbox/world/world-permissions.ts';

/** Rights a channel gives and takes; what is in neither stays as the roles have it. */
export type Rights = {
  readonly allow?: readonly Permission[];
  readonly deny?: readonly Permission[];
};

/** Changes of a server's channels by its owner. Channels, roles and people go by name or id; unknown ones throw. */
export function channelChanges(around: {
  readonly guild: Guild;
  readonly changes: Changes;
  readonly board: MessageBoard;
}) {
  const { guild, changes, board } = around;
  return {
    /** A limit of 0 is none. */
    changeChannel: (name: string, change: { readonly userLimit: number }) =>
      changes.channel(guild, knownChannel(guild, name), change),
    /** Removes a channel; people who sit there are out, and calls end with 4022. */
    removeChannel: (name: string) => changes.removeChannel(guild, knownChannel(guild, name)),
    /** Sets the overwrite of a role (`@everyone`), a person or the bot in a channel; replaces the earlier one. */
    permit(channel: string, who: string, { allow = [], deny = [] }: Rights): void {
      const rights = { allow: bitsOf(allow), deny: bitsOf(deny) };
      changes.overwrite(guild, knownChannel(guild, channel), { ...subject(guild, who), ...rights });
    },
    /** A thread goes to sleep: its messages cannot be edited before it is woken. */
    archiveThread: (name: string) => changes.archive(guild, knownChannel(guild, name), true),
    /** A moderator deletes messages at once. */
    deleteMessages: (messageIds: readonly string[]) => board.removeAll(messageIds),
  };
}

/** A bot and its own role have one name: the bot is meant. */
function subject(guild: Guild, who: string) {
  const member = findMember(guild, who);
  if (member) return { id: member.user.id, of: 'member' } as const;
  const role = findRole(guild, who);
  if (!role) throw new Error(`There is no ${who} here.`);
  return { id: role.id, of: 'role' } as const;
}
