import type { Channel, World } from './world.ts';

/** The bits this Discord knows. Source: Discord docs, "Permissions". */
export const permissionBits = {
  addReactions: 1n << 6n,
  administrator: 1n << 3n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readHistory: 1n << 16n,
  connect: 1n << 20n,
  speak: 1n << 21n,
  useVoiceActivity: 1n << 25n,
  useCommands: 1n << 31n,
} as const;

/** What the invite link of the bot asks for. */
export const invitePermissions =
  permissionBits.viewChannel |
  permissionBits.sendMessages |
  permissionBits.embedLinks |
  permissionBits.readHistory |
  permissionBits.connect |
  permissionBits.speak |
  permissionBits.useVoiceActivity;

/** What a new server lets everybody do. */
export const everyonePermissions =
  invitePermissions |
  permissionBits.addReactions |
  permissionBits.attachFiles |
  permissionBits.useCommands;

const everything = (1n << 53n) - 1n;

/** Base permissions of a member, with a channel's overwrites on top. Strangers may nothing. */
export function permissionsOf(world: World, userId: string, channel?: Channel): bigint {
  const { guild } = world;
  const member = guild.members.get(userId);
  if (!member) return 0n;
  if (userId === guild.ownerId) return everything;
  const held = new Set([guild.id, ...member.roleIds]);
  let bits = 0n;
  for (const role of guild.roles) if (held.has(role.id)) bits |= role.permissions;
  if (bits & permissionBits.administrator) return everything;
  for (const overwrite of channel?.overwrites ?? []) {
    if (held.has(overwrite.roleId)) bits = (bits & ~overwrite.deny) | overwrite.allow;
  }
  return bits;
}

/** Whether Discord would answer an op 4 for this channel; it answers a refused one with silence. */
export function mayConnect(world: World, userId: string, channel: Channel): boolean {
  const needed = permissionBits.viewChannel | permissionBits.connect;
  return (permissionsOf(world, userId, channel) & needed) === needed;
}
