import {
  ChannelType,
  type Client,
  type Guild,
  type NonThreadGuildBasedChannel,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import { isNoWider, type RightInChannel } from '#src/people/audience.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { type Locale, toLocale } from '#src/texts/texts.ts';
import { listOtherPeople, toMember } from './channel-people.ts';
import {
  openRights,
  ownPermissionsIn,
  permissionsIn,
  permissionsOf,
} from './permissions.ts';

/** Members that Discord is asked for at once. */
const mostAsked = 50;

/** Opens the lookup of what Discord has described; only `membersAmong` asks, and takes time. */
export function openPlaces(client: Client<true>): Places {
  const guildOf = (guildId: GuildId) => client.guilds.cache.get(guildId);
  /** People, by server, of whom Discord told nothing when it was asked. */
  const unfound = new Set<string>();
  return {
    findChannelFacts({ guildId, channelId }, callerId) {
      const guild = guildOf(guildId);
      const channel = guild?.channels.cache.get(channelId);
      return guild && channel?.isVoiceBased()
        ? factsOf(guild, channel, callerId)
        : undefined;
    },
    hasGuild: (guildId) => client.guilds.cache.has(guildId),
    getBotName: (guildId) => botNameIn(client, guildId),
    getLocale: (guildId) => localeIn(client, guildId),
    mayManage(guildId, personId) {
      const member = guildOf(guildId)?.members.cache.get(personId);
      const mine = member && permissionsOf(member);
      return mine?.has(PermissionFlagsBits.ManageGuild) ?? false;
    },
    findChannel(guildId, channelId) {
      const channel = guildOf(guildId)?.channels.cache.get(channelId);
      if (!channel?.isVoiceBased()) return undefined;
      return { guildId, channelId, name: toOneLine(channel.name) };
    },
    findSeat(guildId, personId) {
      const guild = guildOf(guildId);
      const channel = guild?.voiceStates.cache.get(personId)?.channel;
      return channel
        ? { guildId, channelId: channel.id, name: toOneLine(channel.name) }
        : undefined;
    },
    isNoWider({ guildId, ...one }, other) {
      const guild = guildOf(guildId);
      const channels = [one, other].map(({ channelId }) =>
        guild?.channels.cache.get(channelId),
      );
      const [here, there] = channels;
      if (!guild?.available || !here || here.isThread() || !there?.isVoiceBased())
        return false;
      return openRights.every((right) =>
        isNoWider(rightIn(here, right), rightIn(there, right)),
      );
    },
    async listMembers(guildId, personIds) {
      const members = guildOf(guildId)?.members;
      const isKnown = (id: string) => members?.cache.has(id);
      const mayAsk = (id: string) => !isKnown(id) && !unfound.has(`${guildId} ${id}`);
      const ids = [
        ...personIds.filter(isKnown),
        ...personIds.filter(mayAsk).slice(0, mostAsked),
      ];
      const read = async (id: string) =>
        await members?.fetch(id).catch(() => void unfound.add(`${guildId} ${id}`));
      return (await Promise.all(ids.map(read))).flatMap((one) =>
        one ? [toMember(one)] : [],
      );
    },
    listPeople({ guildId, channelId }) {
      const guild = guildOf(guildId);
      return guild ? listOtherPeople(guild, channelId) : [];
    },
  };
}

/** Language of a server. */
export function localeIn(client: Client<true>, guildId: GuildId): Locale {
  return toLocale(client.guilds.cache.get(guildId)?.preferredLocale ?? '');
}

/** A right of `everyone` and of overwrites in a channel. */
function rightIn(channel: NonThreadGuildBasedChannel, right: bigint): RightInChannel {
  const overwrites = [...channel.permissionOverwrites.cache.values()];
  const idsOf = (kind: 'allow' | 'deny') =>
    new Set(
      overwrites.filter((one) => one[kind].has(right, false)).map(({ id }) => id),
    );
  const everyone = permissionsIn(channel, channel.guild.roles.everyone);
  const isOpen = everyone?.has(right, false) === true;
  return { isOpen, allowedIds: idsOf('allow'), deniedIds: idsOf('deny') };
}

/** Nickname of the bot in that server, or else its own name. */
function botNameIn(client: Client<true>, guildId: GuildId): string {
  const me = client.guilds.cache.get(guildId)?.members.me;
  return toOneLine(me?.displayName ?? client.user.displayName);
}

function factsOf(
  guild: Guild,
  channel: VoiceBasedChannel,
  callerId: PersonId,
): ChannelFacts {
  const mine = ownPermissionsIn(channel);
  const has = (right: bigint) => mine?.has(right) === true;
  return {
    isCertain: mine !== undefined,
    kind: channel.type === ChannelType.GuildStageVoice ? 'stage' : 'voice',
    isAfk: guild.afkChannelId === channel.id,
    callerMayEnter: mayEnter(guild, channel, callerId),
    callerMayConnect: mayConnect(guild, channel, callerId),
    mayView: has(PermissionFlagsBits.ViewChannel),
    mayConnect: has(PermissionFlagsBits.Connect),
    maySpeak: has(PermissionFlagsBits.Speak),
    mayMoveMembers: has(PermissionFlagsBits.MoveMembers),
    limit: channel.userLimit,
    members: listOtherPeople(guild, channel.id).length,
    timedOutUntilMs: guild.members.me?.communicationDisabledUntilTimestamp ?? undefined,
  };
}

/** True when the caller may enter; a person who sits there already was let in by another. */
function mayEnter(
  guild: Guild,
  channel: VoiceBasedChannel,
  callerId: PersonId,
): boolean {
  if (guild.voiceStates.cache.get(callerId)?.channelId === channel.id) return true;
  return mayConnect(guild, channel, callerId);
}

function mayConnect(
  guild: Guild,
  channel: VoiceBasedChannel,
  callerId: PersonId,
): boolean {
  const caller = guild.members.cache.get(callerId);
  const needed = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.Connect];
  return caller !== undefined && permissionsIn(channel, caller)?.has(needed) === true;
}
