import { type ShownMessage, shown } from '#sandbox/interactions/interaction.ts';
import { openPerson, type PersonOptions, type SandboxPerson } from '#sandbox/people/person.ts';
import type { Surroundings } from '#sandbox/people/person-surroundings.ts';
import {
  type Channel,
  findChannel,
  findMember,
  type Guild,
  knownChannel,
} from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { enterGuild } from '#sandbox/world/world-making.ts';
import { type ChannelChanges, channelChanges } from './sandbox-channels.ts';
import { type MemberChanges, memberChanges } from './sandbox-members.ts';

/** One server of the sandbox, with all that its owner can do there. */
export interface SandboxGuild extends ChannelChanges, MemberChanges {
  readonly id: string;
  readonly name: string;
  channelId(name: string): string;
  /** The member of that name, who enters the server when first asked for; options count from then on. */
  person(name: string, options?: PersonOptions): SandboxPerson;
  /** Messages that everybody in the channel can read now, oldest first. */
  messages(channel: string): readonly ShownMessage[];
  bot(): BotHere;
  roster(): Roster;
}

/** Who is in a server, bots left out, and where they sit; and its channels and roles. */
export type Roster = {
  readonly people: readonly {
    readonly id: string;
    readonly name: string;
    /** Name of the voice channel they sit in. */
    readonly channel?: string;
  }[];
  readonly channels: readonly Pick<Channel, 'id' | 'name' | 'kind'>[];
  /** All but that of everybody. */
  readonly roles: readonly { readonly id: string; readonly name: string }[];
};

/** State of the bot in one server. */
export type BotHere = {
  /** Name of the voice channel it sits in. */
  readonly channel: string | undefined;
  /** Audience on a stage, or without the right to speak. */
  readonly suppressed: boolean;
  readonly handRaised: boolean;
};

export type GuildSurroundings = Surroundings & { readonly changes: Changes };

/** The server itself, and the people in it, who leave their calls when it is disposed. */
export type OpenGuild = {
  readonly sandboxGuild: SandboxGuild;
  nameOf(id: string): string | undefined;
  [Symbol.asyncDispose](): Promise<void>;
};

export function openGuild(around: GuildSurroundings): OpenGuild {
  const { guild, board } = around;
  const people = new Map<string, SandboxPerson>();
  return {
    sandboxGuild: {
      ...channelChanges(around),
      ...memberChanges(around),
      id: guild.id,
      name: guild.name,
      channelId: (name) => knownChannel(guild, name).id,
      person: (name, options) => personNamed(around, people, name, options),
      messages: (name) => board.inChannel(knownChannel(guild, name).id).map(shown),
      bot: () => botHere(guild, around.world.bot.id),
      roster: () => rosterOf(guild),
    },
    nameOf: (id) => guild.members.get(id)?.user.name ?? findChannel(guild, id)?.name,
    async [Symbol.asyncDispose]() {
      for (const person of people.values()) await person[Symbol.asyncDispose]();
    },
  };
}

function personNamed(
  around: GuildSurroundings,
  people: Map<string, SandboxPerson>,
  name: string,
  { locale, microphone }: PersonOptions = {},
): SandboxPerson {
  const { world, guild, changes } = around;
  const known = findMember(guild, name);
  const member = known ?? enterGuild(world, guild, name);
  if (!known) changes.memberEntered(guild, member);
  if (locale !== undefined) member.locale = locale;
  const person = people.get(member.user.id) ?? openPerson(member, around);
  people.set(member.user.id, person);
  if (microphone) person.useMicrophone(microphone);
  return person;
}

function rosterOf(guild: Guild): Roster {
  const members = [...guild.members.values()].filter(({ user }) => !user.bot);
  return {
    people: members.map(({ user: { id, name } }) => {
      const state = guild.voiceStates.get(id);
      const channel = state && findChannel(guild, state.channelId);
      return { id, name, ...(channel && { channel: channel.name }) };
    }),
    channels: guild.channels.map(({ id, name, kind }) => ({ id, name, kind })),
    roles: guild.roles.filter(({ id }) => id !== guild.id).map(({ id, name }) => ({ id, name })),
  };
}

function botHere(guild: Guild, botId: string): BotHere {
  const state = guild.voiceStates.get(botId);
  return {
    channel: state && findChannel(guild, state.channelId)?.name,
    suppressed: state?.suppressed ?? false,
    handRaised: (state?.handRaisedAt ?? null) !== null,
  };
}
