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
export function memberChanges(around: {
  readonly world: World;
  readonly guild: Guild;
  readonly seats: Seats;
  readonly changes: Changes;
  readonly closing: AbortSignal;
}) {
  const { world, guild, seats, changes, closing } = around;
  const { bot } = world;
  return {
    /** The id of the new role. */
    addRole(name: string): string {
      const id = world.ids.next();
      changes.addRole(guild, { id, name, position: guild.roles.length, permissions: 0n });
      return id;
    },
    /** All a role may do from now on; `@everyone`, and the bot's own role by the bot's name, too. */
    setRole: (role: string, permissions: readonly Permission[]) =>
      changes.role(guild, knownRole(guild, role), bitsOf(permissions)),
    giveRole(who: string, role: string): void {
      const member = known(guild, who);
      changes.member(guild, member, { roleIds: [...member.roleIds, knownRole(guild, role).id] });
    },
    takeRole(who: string, role: string): void {
      const member = known(guild, who);
      const { id } = knownRole(guild, role);
      changes.member(guild, member, { roleIds: member.roleIds.filter((each) => each !== id) });
    },
    /** In every channel, until taken back: nobody hears them. */
    mute: (who: string, muted: boolean) => changes.member(guild, known(guild, who), { muted }),
    /** On a stage: back to the audience, or invited to speak. */
    suppress: (who: string, suppressed: boolean) =>
      seats.change(guild, known(guild, who).user.id, { suppressed, handRaisedAt: null }),
    /** For so long from now; 0 ends it. */
    timeOut(who: string, forMs: number): void {
      const timedOutUntilMs = forMs > 0 ? world.clock.wallMs() + forMs : undefined;
      changes.member(guild, known(guild, who), { timedOutUntilMs });
    },
    /** Moves the bot to another voice channel; nothing happens if it sits in none. */
    moveBot(name: string): void {
      const channel = knownChannel(guild, name);
      const state = guild.voiceStates.get(bot.id);
      if (state) seats.takeForBot(guild, { ...state, channel });
    },
    /** Throws the bot out of its voice channel; Discord says 4022 to one who was alone there. */
    disconnectBot: (closeCode?: number) => seats.leave(guild, bot.id, closeCode),
    /** The voice server of the call goes away: an update without an endpoint, and after `awayMs` one with it. */
    replaceVoiceServer(awayMs: number): void {
      seats.replaceServer(guild, awayMs, closing).catch(() => undefined); // only ever given up
    },
    /** Throws the bot out of the server, for good. */
    removeBot: () => changes.removeBot(guild),
    /** Discord loses the server for a while, and finds it again; calls go on. */
    setOutage: (on: boolean) => changes.outage(guild, on),
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
