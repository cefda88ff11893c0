import type { PersonId } from '#src/base/ids.ts';
import {
  type Channel,
  type Guild,
  getEveryoneRoleId,
  listSeated,
  type Member,
  type World,
} from './world.ts';

/** The bits this Discord knows. Source: https://discord.com/developers/docs/topics/permissions */
const permissionBits: Readonly<Record<Permission, bigint>> = {
  administrator: 1n << 3n,
  manageChannels: 1n << 4n,
  manageServer: 1n << 5n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  connect: 1n << 20n,
  speak: 1n << 21n,
  muteMembers: 1n << 22n,
  moveMembers: 1n << 24n,
  useVoiceActivity: 1n << 25n,
  manageExpressions: 1n << 30n,
  useCommands: 1n << 31n,
  requestToSpeak: 1n << 32n,
  createThreads: 1n << 35n,
  sendInThreads: 1n << 38n,
  createExpressions: 1n << 43n,
  setVoiceStatus: 1n << 48n,
};

/** A right of a member, as this Discord names it. */
export type Permission =
  | 'administrator'
  | 'manageChannels'
  | 'manageServer'
  | 'addReactions'
  | 'viewChannel'
  | 'sendMessages'
  | 'manageMessages'
  | 'embedLinks'
  | 'attachFiles'
  | 'readHistory'
  | 'mentionEveryone'
  | 'connect'
  | 'speak'
  | 'muteMembers'
  | 'moveMembers'
  | 'useVoiceActivity'
  | 'manageExpressions'
  | 'useCommands'
  | 'requestToSpeak'
  | 'createThreads'
  | 'sendInThreads'
  | 'createExpressions'
  | 'setVoiceStatus';

/** Joins permissions to one bit set. */
export function toBits(permissions: readonly Permission[]): bigint {
  return permissions.reduce((bits, name) => bits | permissionBits[name], 0n);
}

/** Permissions that the bot's invite link asks for. */
export const invitePermissions: bigint = toBits([
  'viewChannel',
  'sendMessages',
  'embedLinks',
  'attachFiles',
  'readHistory',
  'createThreads',
  'sendInThreads',
  'connect',
  'speak',
  'useVoiceActivity',
  'setVoiceStatus',
]);

/** Permissions of everybody in a new server. */
export const everyonePermissions: bigint =
  invitePermissions |
  toBits(['addReactions', 'mentionEveryone', 'useCommands', 'requestToSpeak']);

const allPermissions = (1n << 53n) - 1n;
/** Rights that a timeout leaves to a member. */
const timedOutPermissions = toBits(['viewChannel', 'readHistory']);

/**
 * Computes permissions of a member in the server, or in a channel of it. Strangers may
 * nothing. Source:
 * https://discord.com/developers/docs/topics/permissions#permission-overwrites
 * everybody's, then all roles' at once, then the member's own.
 */
export function computePermissions(
  world: World,
  guild: Guild,
  userId: PersonId,
  channel?: Channel,
): bigint {
  const member = guild.members.get(userId);
  if (!member) return 0n;
  if (userId === guild.ownerId) return allPermissions;
  const base = computeBasePermissions(guild, member);
  if (base & permissionBits.administrator) return allPermissions;
  const bits = channel
    ? applyOverwrites(base, guild, member, findRightsOwner(guild, channel))
    : base;
  return isTimedOut(world, member) ? bits & timedOutPermissions : bits;
}

function isTimedOut(world: World, { timedOutUntilMs = 0 }: Member) {
  return timedOutUntilMs > world.clock.wallMs();
}

/** Tests whether a member has a right in the server, or in a channel of it. */
export function isAllowed(
  world: World,
  guild: Guild,
  userId: PersonId,
  permission: Permission,
  channel?: Channel,
): boolean {
  const bits = computePermissions(world, guild, userId, channel);
  return (bits & permissionBits[permission]) !== 0n;
}

/**
 * Tests whether Discord would answer an op 4 for this channel. It answers a refused one
 * with silence.
 */
export function canEnter(
  world: World,
  guild: Guild,
  userId: PersonId,
  channel: Channel,
): 'yes' | 'forbidden' | 'full' {
  const needed = toBits(['viewChannel', 'connect']);
  const bits = computePermissions(world, guild, userId, channel);
  if ((bits & needed) !== needed) return 'forbidden';
  const others = listSeated(guild, channel.id).filter(
    (state) => state.userId !== userId,
  );
  const isFull = channel.userLimit > 0 && others.length >= channel.userLimit;
  return isFull && !(bits & permissionBits.moveMembers) ? 'full' : 'yes';
}

function computeBasePermissions(guild: Guild, { roleIds }: Member) {
  const everyoneId = getEveryoneRoleId(guild);
  const roles = guild.roles.filter(
    ({ id }) => id === everyoneId || roleIds.includes(id),
  );
  return roles.reduce((bits, role) => bits | role.permissions, 0n);
}

function applyOverwrites(
  base: bigint,
  guild: Guild,
  member: Member,
  { overwrites }: Channel,
) {
  const everyoneId = getEveryoneRoleId(guild);
  const layers = [
    overwrites.filter(({ id, of }) => of === 'role' && id === everyoneId),
    overwrites.filter(({ id, of }) => of === 'role' && member.roleIds.includes(id)),
    overwrites.filter(({ id, of }) => of === 'member' && id === member.user.id),
  ];
  return layers.reduce((bits, layer) => {
    const denied = layer.reduce((sum, { deny }) => sum | deny, 0n);
    const allowed = layer.reduce((sum, { allow }) => sum | allow, 0n);
    return (bits & ~denied) | allowed;
  }, base);
}

/**
 * Finds the channel whose rights count, for a thread the channel that it hangs under.
 */
function findRightsOwner(guild: Guild, channel: Channel) {
  return guild.channels.find(({ id }) => id === channel.parentId) ?? channel;
}
