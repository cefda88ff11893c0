import { shown } from '#sandbox/interactions/interaction.ts';
import { openPerson, type PersonOptions, type SandboxPerson } from '#sandbox/people/person.ts';
import type { Surroundings } from '#sandbox/people/person-surroundings.ts';
import { findChannel, findMember, type Guild, knownChannel } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { enterGuild } from '#sandbox/world/world-making.ts';
import { channelChanges } from './sandbox-channels.ts';
import { memberChanges } from './sandbox-members.ts';

/** One server of the sandbox, with all that its owner can do there; its people leave their calls when it is disposed. */
export type SandboxGuild = ReturnType<typeof openGuild>;
export type Roster = ReturnType<typeof rosterOf>;

export function openGuild(
  around: Surroundings & { readonly changes: Changes; readonly closing: AbortSignal },
) {
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
    channels: guild.channels.map(({ id, name, kind }) => ({ id, name, kind })),
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
