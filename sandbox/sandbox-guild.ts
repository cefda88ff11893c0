import { toShownMessage } from '#sandbox/interactions/interactions.ts';
import {
  findChannel,
  findMember,
  findRole,
  type Guild,
  requireChannel,
} from '#sandbox/world/world.ts';
import type { WorldChanges } from '#sandbox/world/world-changes.ts';
import { type Permission, toBits } from '#sandbox/world/world-permissions.ts';
import {
  openPerson,
  type PersonDeps,
  type PersonOptions,
  type SandboxPerson,
} from './people/sandbox-person.ts';
import { enterGuild } from './world/create-world.ts';

/** One server of the sandbox, with all that its owner can do there. Its people leave their calls when it is disposed. */
export type SandboxGuild = ReturnType<typeof makeSandboxGuild>;
export type GuildRoster = ReturnType<typeof makeRoster>;

type GuildDeps = PersonDeps & {
  readonly changes: WorldChanges;
  readonly closing: AbortSignal;
};

export function makeSandboxGuild(around: GuildDeps) {
  const { world, guild, board, changes } = around;
  const people = new Map<string, SandboxPerson>();
  return {
    ...makeChannelChanges(around),
    ...makeMemberChanges(around),
    id: guild.id,
    name: guild.name,
    channelId: (channel: string) => requireChannel(guild, channel).id,
    /**
     * Returns the member of that name, added to the server at the first call. Options
     * count from then on.
     */
    person(who: string, { locale, microphone }: PersonOptions = {}) {
      const former = findMember(guild, who);
      const member = former ?? enterGuild(world, guild, who);
      if (!former) changes.enterMember(guild, member);
      if (locale !== undefined) member.locale = locale;
      const person = people.get(member.user.id) ?? openPerson(member, around);
      people.set(member.user.id, person);
      if (microphone) person.useMicrophone(microphone);
      return person;
    },
    /** Messages that everybody in the channel can read now, oldest first. */
    messages: (channel: string) =>
      board.listInChannel(requireChannel(guild, channel).id).map(toShownMessage),
    bot: () => findBotHere(guild, world.bot.id),
    roster: () => makeRoster(guild),
    /** Name of the channel or member with this id. Undefined where it is unknown. */
    nameOf: (each: string) =>
      guild.members.get(each)?.user.name ?? findChannel(guild, each)?.name,
    async [Symbol.asyncDispose]() {
      for (const person of people.values()) await person[Symbol.asyncDispose]();
    },
  };
}

/**
 * Lists people of a server with their voice channel, without bots, its channels, and
 * its roles without `@everyone`.
 */
function makeRoster(guild: Guild) {
  const members = [...guild.members.values()].filter(({ user }) => !user.bot);
  return {
    people: members.map(({ user: { id, name } }) => {
      const state = guild.voiceStates.get(id);
      const channel = state && findChannel(guild, state.channelId);
      return { id, name, channel: channel?.name };
    }),
    channels: guild.channels.map(({ id, name, kind, status }) => ({
      id,
      name,
      kind,
      status,
    })),
    roles: guild.roles
      .filter(({ id }) => id !== guild.id)
      .map(({ id, name }) => ({ id, name })),
  };
}

/**
 * Finds the state of the bot in one server: its voice channel by name, and on a stage
 * whether it is audience and raises its hand.
 */
function findBotHere(guild: Guild, botId: string) {
  const state = guild.voiceStates.get(botId);
  return {
    channel: state && findChannel(guild, state.channelId)?.name,
    suppressed: state?.suppressed ?? false,
    handRaised: (state?.handRaisedAt ?? null) !== null,
  };
}

/** Rights that a channel gives and takes. All others stay as the roles have them. */
export type PermittedRights = {
  readonly allow?: readonly Permission[];
  readonly deny?: readonly Permission[];
};

/**
 * Makes the changes of a server's channels by its owner. Channels, roles and people go
 * by name or id. Unknown ones throw.
 */
function makeChannelChanges({ guild, changes, board }: GuildDeps) {
  return {
    /** A limit of 0 is none. */
    changeChannel: (name: string, change: { readonly userLimit: number }) =>
      changes.changeChannel(guild, requireChannel(guild, name), change),
    /** A person writes below the name of a voice channel. An empty text takes it away. */
    writeVoiceStatus: (name: string, text: string) =>
      changes.changeVoiceStatus(guild, requireChannel(guild, name), text),
    /** Removes a channel. People in it lose their seat, and calls end with 4022. */
    removeChannel: (name: string) =>
      changes.removeChannel(guild, requireChannel(guild, name)),
    /** Sets the overwrite of a role (`@everyone`), a person or the bot in a channel. Replaces the earlier one. */
    permit(channel: string, who: string, { allow = [], deny = [] }: PermittedRights) {
      const rights = { allow: toBits(allow), deny: toBits(deny) };
      changes.changeOverwrite(guild, requireChannel(guild, channel), {
        ...findSubject(guild, who),
        ...rights,
      });
    },
    /** A thread goes to sleep: its messages cannot be edited before it is woken. */
    archiveThread: (name: string) =>
      changes.changeArchived(guild, requireChannel(guild, name), true),
    /** A moderator deletes messages at once. */
    deleteMessages: (messageIds: readonly string[]) => board.removeAll(messageIds),
  };
}

/**
 * Finds a member or a role by name. A bot and its own role have one name: the bot is
 * meant.
 */
function findSubject(guild: Guild, who: string) {
  const member = findMember(guild, who);
  if (member) return { id: member.user.id, of: 'member' } as const;
  const role = findRole(guild, who);
  if (!role) throw new Error(`There is no ${who} here.`);
  return { id: role.id, of: 'role' } as const;
}

/**
 * Makes the changes of members by moderators, the bot included. People and roles go by
 * name or id. Unknown ones throw.
 */
function makeMemberChanges({ world, guild, seats, changes, closing }: GuildDeps) {
  const { bot } = world;
  return {
    /** Adds a role, and returns its id. */
    addRole(name: string) {
      const id = world.ids.mintId();
      changes.addRole(guild, {
        id,
        name,
        position: guild.roles.length,
        permissions: 0n,
      });
      return id;
    },
    /** All a role may do from now on. `@everyone`, and the bot's own role by the bot's name, too. */
    setRole: (role: string, permissions: readonly Permission[]) =>
      changes.changeRole(guild, requireRole(guild, role), toBits(permissions)),
    giveRole(who: string, role: string) {
      const member = requireMember(guild, who);
      changes.changeMember(guild, member, {
        roleIds: [...member.roleIds, requireRole(guild, role).id],
      });
    },
    takeRole(who: string, role: string) {
      const member = requireMember(guild, who);
      const { id } = requireRole(guild, role);
      changes.changeMember(guild, member, {
        roleIds: member.roleIds.filter((each) => each !== id),
      });
    },
    /** In every channel, until taken back: nobody hears them. */
    mute: (who: string, muted: boolean) =>
      changes.changeMember(guild, requireMember(guild, who), { muted }),
    /** On a stage: back to the audience, or invited to speak. */
    suppress: (who: string, suppressed: boolean) =>
      seats.changeSeat(guild, requireMember(guild, who).user.id, {
        suppressed,
        handRaisedAt: null,
      }),
    /** Times a member out for `forMs` from now. 0 ends the time-out. */
    timeOut(who: string, forMs: number) {
      const timedOutUntilMs = forMs > 0 ? world.clock.wallMs() + forMs : undefined;
      changes.changeMember(guild, requireMember(guild, who), { timedOutUntilMs });
    },
    /** Moves the bot to another voice channel. Nothing happens if it sits in none. */
    moveBot(name: string) {
      const channel = requireChannel(guild, name);
      const state = guild.voiceStates.get(bot.id);
      if (state) seats.takeBotSeat(guild, { ...state, channel });
    },
    /** Throws the bot out of its voice channel. Discord says 4022 to a bot that was alone there. */
    disconnectBot: (closeCode?: number) => seats.leaveSeat(guild, bot.id, closeCode),
    /**
     * Replaces the voice server of the call: sends an update without an endpoint, and
     * after `awayMs` one with it.
     */
    replaceVoiceServer(awayMs: number) {
      seats.replaceServer(guild, awayMs, closing).catch(() => undefined); // only ever given up
    },
    /** Throws the bot out of the server, for good. */
    removeBot: () => changes.removeBot(guild),
    /** Discord loses the server for a while, and finds it again. Calls go on. */
    setOutage: (on: boolean) => changes.outage(guild, on),
  };
}

function requireMember(guild: Guild, who: string) {
  const member = findMember(guild, who);
  if (!member) throw new Error(`There is nobody called ${who} here.`);
  return member;
}

function requireRole(guild: Guild, name: string) {
  const role = findRole(guild, name);
  if (!role) throw new Error(`There is no role ${name} here.`);
  return role;
}
