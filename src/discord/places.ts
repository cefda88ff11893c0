import {
  ChannelType,
  type Client,
  GuildScheduledEventEntityType,
  GuildScheduledEventStatus,
  type NonThreadGuildBasedChannel,
  OverwriteType,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import {
  type ChannelId,
  type GuildId,
  type PersonId,
  type RoleId,
  toChannelId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import { haveSameHolders, isNoWider } from '#src/people/audience.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import type { Places, SoundboardSound } from '#src/ports/command-ports.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { toOneLine } from '#src/texts/plain-text.ts';
import { type Locale, toLocale } from '#src/texts/texts.ts';
import { listOtherPeople, toMember } from './channel-people.ts';
import {
  findMemberPermissions,
  findOwnPermissions,
  findPermissions,
  mayWriteMessages,
  openRights,
} from './permissions.ts';
import { Soundboards } from './soundboards.ts';

const maxFetchedMembers = 50;
const { Voice: voiceEvent } = GuildScheduledEventEntityType;
const { Active: running } = GuildScheduledEventStatus;

/** Facts about servers, as far as Discord has reported. Only `listMembers` and `listSoundboard` ask Discord. */
export class DiscordPlaces implements Places {
  readonly #client;
  /** Pairs of a server and a person who is no member of it. */
  readonly #unknownMembers = new Set<`${GuildId} ${PersonId}`>();
  readonly #soundboards: Soundboards;

  constructor(client: Client<true>) {
    this.#client = client;
    this.#soundboards = new Soundboards(client);
  }

  /** Reads the facts that decide whether the bot may join for the caller. */
  findChannelFacts(
    { guildId, channelId }: ChannelRef,
    callerId: PersonId,
  ): ChannelFacts | undefined {
    const channel = this.#findVoiceChannel(guildId, channelId);
    return channel && readChannelFacts(channel, callerId);
  }

  /** Tests whether Discord has reported the server. */
  hasGuild(guildId: GuildId): boolean {
    return this.#client.guilds.cache.has(guildId);
  }

  /** Returns the bot's name in the server, or its name elsewhere if it is not there. */
  getBotName(guildId: GuildId): string {
    const me = this.#findGuild(guildId)?.members.me;
    return toOneLine(me?.displayName ?? this.#client.user.displayName);
  }

  /** Returns the language of the server, or English without texts in it. */
  getLocale(guildId: GuildId): Locale {
    return getGuildLocale(this.#client, guildId);
  }

  /** Tests whether Discord has reported the right to manage the server. */
  mayManage(guildId: GuildId, personId: PersonId): boolean {
    const member = this.#findGuild(guildId)?.members.cache.get(personId);
    const permissions = member && findMemberPermissions(member);
    return permissions?.has(PermissionFlagsBits.ManageGuild) ?? false;
  }

  /** Lists the names of roles, with the id of a role that Discord has not reported. */
  listRoleNames(guildId: GuildId, roleIds: readonly RoleId[]): readonly string[] {
    const roles = this.#findGuild(guildId)?.roles.cache;
    return roleIds.map((roleId) => toOneLine(roles?.get(roleId)?.name ?? roleId));
  }

  /** Finds a voice channel of the server. */
  findChannel(guildId: GuildId, channelId: ChannelId): ChannelRef | undefined {
    return toChannelRef(guildId, this.#findVoiceChannel(guildId, channelId));
  }

  /** Finds the channel where Discord last reported this person. */
  findSeat(guildId: GuildId, personId: PersonId): ChannelRef | undefined {
    const voiceState = this.#findGuild(guildId)?.voiceStates.cache.get(personId);
    return toChannelRef(guildId, voiceState?.channel);
  }

  /** Tests whether everybody who reads `channelRef` may enter `otherRef`. False if unknown. */
  isNoWider(channelRef: ChannelRef, otherRef: ChannelRef): boolean {
    const { guildId } = channelRef;
    const guild = this.#findGuild(guildId);
    const channel = guild?.channels.cache.get(channelRef.channelId);
    const otherChannel = this.#findVoiceChannel(guildId, otherRef.channelId);
    if (!guild?.available || !channel || channel.isThread() || !otherChannel)
      return false;
    return (
      openRights.every((right) =>
        isNoWider(readRight(channel, right), readRight(otherChannel, right)),
      ) &&
      (channel.isVoiceBased() || mayReadersConnect(channel, otherChannel))
    );
  }

  /** Tests whether exactly the same people may open both channels: by right, or as they sit there. False if unknown. */
  hasSameReaders(
    { channelId, guildId }: Omit<ChannelRef, 'name'>,
    { channelId: otherId }: Omit<ChannelRef, 'name'>,
  ): boolean {
    const channel = this.#findVoiceChannel(guildId, channelId);
    const other = this.#findVoiceChannel(guildId, otherId);
    if (!channel?.guild.available || !other) return false;
    return (
      openRights.every((right) =>
        haveSameHolders(readRight(channel, right), readRight(other, right)),
      ) &&
      isOpenToGuests(other, channel) &&
      isOpenToGuests(channel, other)
    );
  }

  /**
   * Lists those people who are members, and asks Discord for 50 unknown ones at most. Never
   * throws.
   */
  async listMembers(
    guildId: GuildId,
    personIds: readonly PersonId[],
  ): Promise<readonly ChannelMember[]> {
    const guildMembers = this.#findGuild(guildId)?.members;
    const isCached = (personId: PersonId) => guildMembers?.cache.has(personId);
    const isUnknown = (personId: PersonId) =>
      this.#unknownMembers.has(`${guildId} ${personId}`);
    const fetchedIds = personIds
      .filter((personId) => !isCached(personId) && !isUnknown(personId))
      .slice(0, maxFetchedMembers);
    const members = await Promise.all(
      [...personIds.filter(isCached), ...fetchedIds].map((personId) =>
        guildMembers
          ?.fetch(personId)
          .catch(() => void this.#unknownMembers.add(`${guildId} ${personId}`)),
      ),
    );
    return members.flatMap((member) => (member ? [toMember(member)] : []));
  }

  /** Lists the sounds of a server's soundboard, at most a minute old. Never throws. */
  listSoundboard(guildId: GuildId): Promise<readonly SoundboardSound[]> {
    return this.#soundboards.listSounds(guildId);
  }

  /** Lists everybody in a channel but the bot, with roles as last reported. */
  listPeople({ guildId, channelId }: ChannelRef): readonly ChannelMember[] {
    const guild = this.#findGuild(guildId);
    return guild ? listOtherPeople(guild, channelId) : [];
  }

  /** Lists voice channels in which a scheduled event runs now. */
  listEventChannels(guildId: GuildId): readonly ChannelId[] {
    const events = this.#findGuild(guildId)?.scheduledEvents.cache.values() ?? [];
    return Array.from(events)
      .filter(
        ({ entityType, status }) => entityType === voiceEvent && status === running,
      )
      .flatMap(({ channelId }) => (channelId === null ? [] : toChannelId(channelId)));
  }

  #findGuild(guildId: GuildId) {
    return this.#client.guilds.cache.get(guildId);
  }

  #findVoiceChannel(guildId: GuildId, channelId: ChannelId) {
    const channel = this.#findGuild(guildId)?.channels.cache.get(channelId);
    return channel?.isVoiceBased() ? channel : undefined;
  }
}

/** Returns the language of a server, or English without texts in it. */
export function getGuildLocale(client: Client<true>, guildId: GuildId): Locale {
  return toLocale(client.guilds.cache.get(guildId)?.preferredLocale ?? '');
}

function toChannelRef(
  guildId: GuildId,
  channel?: VoiceBasedChannel | null,
): ChannelRef | undefined {
  return channel
    ? { guildId, channelId: toChannelId(channel.id), name: toOneLine(channel.name) }
    : undefined;
}

function readRight(channel: NonThreadGuildBasedChannel, right: bigint) {
  const overwrites = [...channel.permissionOverwrites.cache.values()];
  const collectIds = (kind: 'allow' | 'deny') =>
    new Set(
      overwrites
        .filter((overwrite) => overwrite[kind].has(right, false))
        .map(({ id, type }) =>
          type === OverwriteType.Role ? toRoleId(id) : toPersonId(id),
        ),
    );
  const everyone = findPermissions(channel, channel.guild.roles.everyone);
  const isOpen = everyone?.has(right, false) === true;
  return { isOpen, allowedIds: collectIds('allow'), deniedIds: collectIds('deny') };
}

/** Tests whether everybody who reads a text channel, which needs no Connect, may connect to a voice channel. */
function mayReadersConnect(
  channel: NonThreadGuildBasedChannel,
  voiceChannel: VoiceBasedChannel,
) {
  const { Connect, ViewChannel } = PermissionFlagsBits;
  const { everyone, cache: roles } = channel.guild.roles;
  const readers = readRight(channel, ViewChannel);
  const listeners = readRight(voiceChannel, Connect);
  // Overwrites of two rights compare only where both begin alike.
  const isBegunAlike =
    listeners.isOpen ||
    readers.deniedIds.has(toRoleId(everyone.id)) ||
    roles.every(
      ({ permissions }) => !permissions.has(ViewChannel) || permissions.has(Connect),
    );
  return isBegunAlike && isNoWider(readers, listeners);
}

function readChannelFacts(
  channel: VoiceBasedChannel,
  callerId: PersonId,
): ChannelFacts {
  const { guild } = channel;
  const callerMayConnect = mayConnect(channel, callerId);
  const permissions = findOwnPermissions(channel);
  const hasRight = (right: bigint) => permissions?.has(right) === true;
  return {
    isCertain: permissions !== undefined,
    kind: channel.type === ChannelType.GuildStageVoice ? 'stage' : 'voice',
    isAfk: guild.afkChannelId === channel.id,
    // Another person may have moved the caller in.
    callerMayEnter:
      callerMayConnect ||
      guild.voiceStates.cache.get(callerId)?.channelId === channel.id,
    callerMayConnect,
    mayView: hasRight(PermissionFlagsBits.ViewChannel),
    mayConnect: hasRight(PermissionFlagsBits.Connect),
    maySpeak: hasRight(PermissionFlagsBits.Speak),
    mayWrite: mayWriteMessages(channel) !== false,
    mayMoveMembers: hasRight(PermissionFlagsBits.MoveMembers),
    limit: channel.userLimit,
    members: listOtherPeople(guild, toChannelId(channel.id)).length,
    timedOutUntilMs: guild.members.me?.communicationDisabledUntilTimestamp ?? undefined,
  };
}

/** Tests whether everybody who sits in `seats`, perhaps brought there without the right, may enter `channel`. */
function isOpenToGuests(channel: VoiceBasedChannel, seats: VoiceBasedChannel) {
  return listOtherPeople(seats.guild, toChannelId(seats.id)).every(({ id }) =>
    mayConnect(channel, id),
  );
}

function mayConnect(channel: VoiceBasedChannel, callerId: PersonId) {
  const caller = channel.guild.members.cache.get(callerId);
  const neededRights = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.Connect];
  const permissions = caller && findPermissions(channel, caller);
  return permissions?.has(neededRights) === true;
}
