import {
  type ChannelKind,
  findMember,
  findRole,
  type Guild,
  knownChannel,
  type World,
} from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { newChannel } from '#sandbox/world/world-making.ts';
import type { MessageBoard } from '#sandbox/world/world-messages.ts';
import { bitsOf, type Permission } from '#sandbox/world/world-permissions.ts';

/** Changes of a server's channels by its owner. Channels, roles and people go by name or id; unknown ones throw. */
export interface ChannelChanges {
  /** The id of the new channel. */
  addChannel(name: string, kind: Exclude<ChannelKind, 'thread'>, userLimit?: number): string;
  /** A limit of 0 is none. */
  changeChannel(
    name: string,
    change: { readonly name?: string; readonly userLimit?: number },
  ): void;
  /** Removes a channel; people who sit there are out, and calls end with 4022. */
  removeChannel(name: string): void;
  /** Sets the overwrite of a role (`@everyone`), a person or the bot in a channel; replaces the earlier one. */
  permit(channel: string, who: string, rights: Rights): void;
  /** A thread goes to sleep: its messages cannot be edited before it is woken. */
  archiveThread(name: string): void;
  /** A moderator deletes messages at once. */
  deleteMessages(messageIds: readonly string[]): void;
}

/** Rights a channel gives and takes; what is in neither stays as the roles have it. */
export type Rights = {
  readonly allow?: readonly Permission[];
  readonly deny?: readonly Permission[];
};

export function channelChanges(around: {
  readonly world: World;
  readonly guild: Guild;
  readonly changes: Changes;
  readonly board: MessageBoard;
}): ChannelChanges {
  const { world, guild, changes, board } = around;
  return {
    addChannel(name, kind, userLimit = 0) {
      const position = guild.channels.length;
      const channel = newChannel(world, { name, kind, position, userLimit });
      changes.addChannel(guild, channel);
      return channel.id;
    },
    changeChannel: (name, change) => changes.channel(guild, knownChannel(guild, name), change),
    removeChannel: (name) => changes.removeChannel(guild, knownChannel(guild, name)),
    permit(name, who, { allow = [], deny = [] }) {
      const channel = knownChannel(guild, name);
      const rights = { allow: bitsOf(allow), deny: bitsOf(deny) };
      changes.overwrite(guild, channel, { ...subject(guild, who), ...rights });
    },
    archiveThread: (name) => changes.archive(guild, knownChannel(guild, name), true),
    deleteMessages: (messageIds) => board.removeAll(messageIds),
  };
}

/** A bot and its own role have one name: the bot is meant. */
function subject(
  guild: Guild,
  who: string,
): { readonly id: string; readonly of: 'role' | 'member' } {
  const member = findMember(guild, who);
  if (member) return { id: member.user.id, of: 'member' };
  const role = findRole(guild, who);
  if (!role) throw new Error(`There is no ${who} here.`);
  return { id: role.id, of: 'role' };
}
