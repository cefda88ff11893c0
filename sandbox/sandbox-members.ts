import {
  findMember,
  findRole,
  type Guild,
  type GuildRole,
  knownChannel,
  type Member,
  type World,
} from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { bitsOf, type Permission } from '#sandbox/world/world-permissions.ts';
import type { Seats } from '#sandbox/world/world-seats.ts';

/** Changes of members by moderators, the bot included. People and roles go by name or id; unknown ones throw. */
export interface MemberChanges {
  /** The id of the new role. */
  addRole(name: string, permissions?: readonly Permission[]): string;
  /** All a role may do from now on; `@everyone`, and the bot's own role by the bot's name, too. */
  setRole(role: string, permissions: readonly Permission[]): void;
  giveRole(who: string, role: string): void;
  takeRole(who: string, role: string): void;
  /** In every channel, until taken back: nobody hears them. */
  mute(who: string, on: boolean): void;
  /** Deafens or undeafens a person: nothing anybody says reaches them. */
  deafen(who: string, on: boolean): void;
  /** On a stage: back to the audience, or invited to speak. */
  suppress(who: string, on: boolean): void;
  /** For so long from now; 0 ends it. */
  timeOut(who: string, forMs: number): void;
  /** The bot is moved to another voice channel; nothing happens if it sits in none. */
  moveBot(channel: string): void;
  /** The bot is thrown out of its voice channel; Discord says 4022 to one who was alone there. */
  disconnectBot(closeCode?: number): void;
  /** The bot is thrown out of the server, for good. */
  removeBot(): void;
  /** Discord loses the server for a while, and finds it again; calls go on. */
  setOutage(on: boolean): void;
}

export function memberChanges(around: {
  readonly world: World;
  readonly guild: Guild;
  readonly seats: Seats;
  readonly changes: Changes;
}): MemberChanges {
  const { world, guild, seats, changes } = around;
  const { bot } = world;
  return {
    ...roleChanges(around),
    mute: (who, muted) => changes.member(guild, known(guild, who), { muted }),
    deafen: (who, deafened) => changes.member(guild, known(guild, who), { deafened }),
    suppress: (who, suppressed) =>
      seats.change(guild, known(guild, who).user.id, { suppressed, handRaisedAt: null }),
    timeOut(who, forMs) {
      const timedOutUntilMs = forMs > 0 ? world.clock.wallMs() + forMs : undefined;
      changes.member(guild, known(guild, who), { timedOutUntilMs });
    },
    moveBot(name) {
      const channel = knownChannel(guild, name);
      const state = guild.voiceStates.get(bot.id);
      if (state) seats.takeForBot(guild, { ...state, channel });
    },
    disconnectBot: (closeCode) => seats.leave(guild, bot.id, closeCode),
    removeBot: () => changes.removeBot(guild),
    setOutage: (on) => changes.outage(guild, on),
  };
}

function roleChanges({
  world,
  guild,
  changes,
}: {
  readonly world: World;
  readonly guild: Guild;
  readonly changes: Changes;
}): Pick<MemberChanges, 'addRole' | 'setRole' | 'giveRole' | 'takeRole'> {
  return {
    addRole(name, permissions = []) {
      const id = world.ids.next();
      const position = guild.roles.length;
      changes.addRole(guild, { id, name, position, permissions: bitsOf(permissions) });
      return id;
    },
    setRole: (name, permissions) =>
      changes.role(guild, knownRole(guild, name), bitsOf(permissions)),
    giveRole(who, name) {
      const member = known(guild, who);
      const roleIds = new Set([...member.roleIds, knownRole(guild, name).id]);
      changes.member(guild, member, { roleIds: [...roleIds] });
    },
    takeRole(who, name) {
      const member = known(guild, who);
      const { id } = knownRole(guild, name);
      changes.member(guild, member, { roleIds: member.roleIds.filter((each) => each !== id) });
    },
  };
}

function known(guild: Guild, who: string): Member {
  const member = findMember(guild, who);
  if (!member) throw new Error(`There is nobody called ${who} here.`);
  return member;
}

function knownRole(guild: Guild, name: string): GuildRole {
  const role = findRole(guild, name);
  if (!role) throw new Error(`There is no role ${name} here.`);
  return role;
}
