import { shown } from '#sandbox/interactions/interactions.ts';
import {
  openPerson,
  type PersonOptions,
  type SandboxPerson,
  type Surroundings,
} from '#sandbox/people/person.ts';
import {
  findChannel,
  findMember,
  findRole,
  type Guild,
  type GuildRole,
  knownChannel,
  type Member,
} from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { enterGuild } from '#sandbox/world/world-making.ts';
import { bitsOf, type Permission } from '#sandbox/world/world-permissions.ts';

/** One server of the sandbox, with all that its owner can do there; its people leave their calls when it is disposed. */
export type SandboxGuild = ReturnType<typeof openGuild>;
export type Roster = ReturnType<typeof rosterOf>;

type GuildParts = Surroundings & { readonly changes: Changes; readonly closing: AbortSignal };

export function openGuild(around: GuildParts) {
  const { world, guild, board, changes } = around;
  const { id, name } = guild;
  const people = new Map<string, SandboxPerson>();
  return {
    ...channelChanges(around),
    ...memberChanges(around),
    id,
    name,
    channelId: (channel: string) => knownChannel(guild, channel).id,
    /** The member of that name, who enters the server when first asked for; options count from then on. */
    person(who: string, { locale, microphone }: PersonOptions = {}): SandboxPerson {
      const former = findMember(guild, who);
      const member = former ?? enterGuild(world, guild, who);
      if (!former) changes.memberEntered(guild, member);
      if (locale !== undefined) member.locale = locale;
      const person = people.get(member.user.id) ?? openPerson(member, around);
      people.set(member.user.id, person);
      if (microphone) person.useMicrophone(microphone);
      return person;
    },
    /** Messages that everybody in the channel can read now, oldest first. */
    messages: (channel: string) => board.inChannel(knownChannel(guild, channel).id).map(shown),
    bot: () => botHere(guild, world.bot.id),
    roster: () => rosterOf(guild),
    /** Name of the channel or member with this id; undefined where it is unknown. */
    nameOf: (each: string) => guild.members.get(each)?.user.name ?? findChannel(guild, each)?.name,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const person of people.values()) await person[Symbol.asyncDispose]();
    },
  };
}

/** Who is in a server, bots left out, with the name of the voice channel they sit in; its channels; and its roles, but that of everybody. */
function rosterOf(guild: Guild) {
  const members = [...guild.members.values()].filter(({ user }) => !user.bot);
  return {
    people: members.map(({ user: { id, name } }) => {
      const state = guild.voiceStates.get(id);
      const channel = state && findChannel(guild, state.channelId);
      return { id, name, channel: channel?.name };
    }),
    channels: guild.channels.map(({ id, name, kind, status }) => ({ id, name, kind, status })),
    roles: guild.roles.filter(({ id }) => id !== guild.id).map(({ id, name }) => ({ id, name })),
  };
}

/** State of the bot in one server: its voice channel by name, and on a stage whether it is audience and raises its hand. */
function botHere(guild: Guild, botId: string) {
  const state = guild.voiceStates.get(botId);
  return {
    channel: state && findChannel(guild, state.channelId)?.name,
    suppressed: state?.suppressed ?? false,
    handRaised: (state?.handRaisedAt ?? null) !== null,
  };
}

/** Rights a channel gives and takes; what is in neither stays as the roles have it. */
export type Rights = {
  readonly allow?: readonly Permission[];
  readonly deny?: readonly Permission[];
};

/** Changes of a server's channels by its owner. Channels, roles and people go by name or id; unknown ones throw. */
function channelChanges({ guild, changes, board }: GuildParts) {
  return {
    /** A limit of 0 is none. */
    changeChannel: (name: string, change: { readonly userLimit: number }) =>
      changes.channel(guild, knownChannel(guild, name), change),
    /** A person writes below the name of a voice channel; an empty text takes it away. */
    writeVoiceStatus: (name: string, text: string) =>
      changes.voiceStatus(guild, knownChannel(guild, name), text),
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

/** Changes of members by moderators, the bot included. People and roles go by name or id; unknown ones throw. */
function memberChanges({ world, guild, seats, changes, closing }: GuildParts) {
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
