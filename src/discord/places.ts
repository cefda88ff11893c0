import {
  ChannelType,
  type Client,
  type NonThreadGuildBasedChannel,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { isNoWider } from '#src/people/audience.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { type Locale, toLocale } from '#src/texts/texts.ts';
import { listOtherPeople, toMember } from './channel-people.ts';
import {
  findMemberPermissions,
  findOwnPermissions,
  findPermissions,
  openRights,
} from './permissions.ts';

const mostAsked = 50;

/** Opens facts about servers. Only `listMembers` asks Discord. */
export function openPlaces(client: Client<true>): Places {
  const guildOf = (guildId: GuildId) => client.guilds.cache.get(guildId);
  const findVoiceChannel = (guildId: GuildId, channelId: ChannelId) => {
    const channel = guildOf(guildId)?.channels.cache.get(channelId);
    return channel?.isVoiceBased() ? channel : undefined;
  };
  const toChannelRef = (guildId: GuildId, channel?: VoiceBasedChannel | null) =>
    channel
      ? { guildId, channelId: channel.id, name: toOneLine(channel.name) }
      : undefined;
  const unfound = new Set<string>();
  return {
    findChannelFacts({ guildId, channelId }, callerId) {
      const channel = findVoiceChannel(guildId, channelId);
      return channel && factsOf(channel, callerId);
    },
    hasGuild: (guildId) => client.guilds.cache.has(guildId),
    getBotName: (guildId) =>
      toOneLine(guildOf(guildId)?.members.me?.displayName ?? client.user.displayName),
    getLocale: (guildId) => localeIn(client, guildId),
    mayManage(guildId, personId) {
      const member = guildOf(guildId)?.members.cache.get(personId);
      const mine = member && findMemberPermissions(member);
      return mine?.has(PermissionFlagsBits.ManageGuild) ?? false;
    },
    findChannel: (guildId, channelId) =>
      toChannelRef(guildId, findVoiceChannel(guildId, channelId)),
    findSeat: (guildId, personId) =>
      toChannelRef(guildId, guildOf(guildId)?.voiceStates.cache.get(personId)?.channel),
    isNoWider({ guildId, ...one }, other) {
      const guild = guildOf(guildId);
      const here = guild?.channels.cache.get(one.channelId);
      const there = findVoiceChannel(guildId, other.channelId);
      if (!guild?.available || !here || here.isThread() || !there) return false;
      return openRights.every((right) =>
        isNoWider(rightIn(here, right), rightIn(there, right)),
      );
    },
    async listMembers(guildId, personIds) {
      const members = guildOf(guildId)?.members;
      const isCached = (id: string) => members?.cache.has(id);
      const ids = [
        ...personIds.filter(isCached),
        ...personIds
          .filter((id) => !isCached(id) && !unfound.has(`${guildId} ${id}`))
          .slice(0, mostAsked),
      ];
      const found = await Promise.all(
        ids.map((id) =>
          members?.fetch(id).catch(() => void unfound.add(`${guildId} ${id}`)),
        ),
      );
      return found.flatMap((one) => (one ? [toMember(one)] : []));
    },
    listPeople({ guildId, channelId }) {
      const guild = guildOf(guildId);
      return guild ? listOtherPeople(guild, channelId) : [];
    },
  };
}

export function localeIn(client: Client<true>, guildId: GuildId): Locale {
  return toLocale(client.guilds.cache.get(guildId)?.preferredLocale ?? '');
}

function rightIn(channel: NonThreadGuildBasedChannel, right: bigint) {
  const overwrites = [...channel.permissionOverwrites.cache.values()];
  const idsOf = (kind: 'allow' | 'deny') =>
    new Set(
      overwrites.filter((one) => one[kind].has(right, false)).map(({ id }) => id),
    );
  const everyone = findPermissions(channel, channel.guild.roles.everyone);
  const isOpen = everyone?.has(right, false) === true;
  return { isOpen, allowedIds: idsOf('allow'), deniedIds: idsOf('deny') };
}

function factsOf(channel: VoiceBasedChannel, callerId: PersonId): ChannelFacts {
  const { guild } = channel;
  const callerMayConnect = mayConnect(channel, callerId);
  const mine = findOwnPermissions(channel);
  const has = (right: bigint) => mine?.has(right) === true;
  return {
    isCertain: mine !== undefined,
    kind: channel.type === ChannelType.GuildStageVoice ? 'stage' : 'voice',
    isAfk: guild.afkChannelId === channel.id,
    // Another person may have moved the caller in.
    callerMayEnter:
      callerMayConnect ||
      guild.voiceStates.cache.get(callerId)?.channelId === channel.id,
    callerMayConnect,
    mayView: has(PermissionFlagsBits.ViewChannel),
    mayConnect: has(PermissionFlagsBits.Connect),
    maySpeak: has(PermissionFlagsBits.Speak),
    mayMoveMembers: has(PermissionFlagsBits.MoveMembers),
    limit: channel.userLimit,
    members: listOtherPeople(guild, channel.id).length,
    timedOutUntilMs: guild.members.me?.communicationDisabledUntilTimestamp ?? undefined,
  };
}

function mayConnect(channel: VoiceBasedChannel, callerId: PersonId) {
  const caller = channel.guild.members.cache.get(callerId);
  const needed = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.Connect];
  return caller !== undefined && findPermissions(channel, caller)?.has(needed) === true;
}
