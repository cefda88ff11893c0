import {
  ChannelType,
  type Client,
  Events,
  type GuildBasedChannel,
  PermissionFlagsBits,
  type VoiceState,
} from 'discord.js';
import { type ChannelId, type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
import {
  type MissingRight,
  type VoiceRestriction,
  voiceRestrictions,
} from '#src/ports/voice-link.ts';
import type { DiscordEvent } from './discord-event.ts';
import { findOwnPermissions } from './permissions.ts';

/** Reports changes of the bot's seat by others, as long as the client has its listeners. */
export function watchOwnState(
  client: Client<true>,
  report: (event: DiscordEvent) => void,
): void {
  const seats = new OwnSeats(client, report);
  const onChanged = (_: unknown, changed: InGuild) => seats.onRights(changed);
  client
    .on(Events.VoiceStateUpdate, (before, state) => seats.onState(before, state))
    .on(Events.GuildDelete, ({ id }) => seats.onGuildRemoved(toGuildId(id)))
    .on(Events.ChannelUpdate, onChanged)
    .on(Events.GuildRoleUpdate, onChanged)
    .on(Events.GuildMemberUpdate, onChanged)
    .on(Events.GuildRoleDelete, (role) => seats.onRights(role));
}

/** The bot's seats, as Discord last reported them. */
class OwnSeats {
  readonly #client;
  readonly #report;
  readonly #seats = new Map<GuildId, OwnSeat>();

  constructor(client: Client<true>, report: (event: DiscordEvent) => void) {
    this.#client = client;
    this.#report = report;
  }

  /** Compares a voice state with the seat. States of other people are ignored. */
  onState(before: VoiceState, state: VoiceState): void {
    if (state.id !== this.#client.user.id) return;
    const guildId = toGuildId(state.guild.id);
    const channelId = getSeatChannelId(state);
    const seat = this.#seats.get(guildId) ?? unseated;
    if (channelId === null) {
      this.#seats.set(guildId, { ...seat, channelId });
      return;
    }
    this.#readOwnSeat(state, seat);
    if (before.channelId !== null && before.channelId !== channelId)
      this.#report({ kind: 'moved', guildId, channelId });
  }

  /** Looks for a lost right. Discord reports no voice state when rights change. */
  onRights({ guild }: InGuild): void {
    const state = guild?.members.me?.voice;
    if (!guild || !state) return;
    const guildId = toGuildId(guild.id);
    const seat = this.#seats.get(guildId);
    if (!seat || seat.channelId === null) return;
    const missing = this.#readOwnSeat(state, seat);
    const channelId = getSeatChannelId(state);
    if (channelId !== null && missing)
      this.#report({ kind: missing, guildId, channelId });
  }

  /** Forgets the seat of a server, and reports that the server has removed the bot. */
  onGuildRemoved(guildId: GuildId): void {
    this.#seats.delete(guildId);
    this.#report({ kind: 'guild-removed', guildId });
  }

  /** Returns the right that was taken away. */
  #readOwnSeat(state: VoiceState, formerSeat: OwnSeat) {
    const guildId = toGuildId(state.guild.id);
    const channelId = getSeatChannelId(state);
    const [hindrances, missing] = [getHindrances(state), findMissingRight(state)];
    this.#seats.set(guildId, { channelId, hindrances, missing });
    for (const event of listHindranceChanges(guildId, formerSeat, hindrances))
      this.#report(event);
    return missing === formerSeat.missing ? undefined : missing;
  }
}

type InGuild = { readonly id: string } & Partial<Pick<GuildBasedChannel, 'guild'>>;

type Hindrances = Partial<Record<VoiceRestriction, boolean>>;

type OwnSeat = {
  readonly channelId: ChannelId | null;
  readonly hindrances: Hindrances;
  readonly missing: MissingRight | undefined;
};
const unseated: OwnSeat = { channelId: null, hindrances: {}, missing: undefined };

function getSeatChannelId({ channelId }: VoiceState): ChannelId | null {
  return channelId === null ? null : toChannelId(channelId);
}

function getHindrances(state: VoiceState): Hindrances {
  const { serverDeaf, serverMute, suppress } = state;
  return {
    muted: serverMute === true,
    deafened: serverDeaf === true,
    suppressed: suppress === true || lacksSpeak(state),
  };
}

function lacksSpeak(state: VoiceState) {
  if (state.channel?.type !== ChannelType.GuildVoice) return false;
  return getRights(state)?.has(PermissionFlagsBits.Speak) === false;
}

function findMissingRight(state: VoiceState): MissingRight | undefined {
  const rights = getRights(state);
  if (rights?.has(PermissionFlagsBits.ViewChannel) === false) return 'no-view';
  return rights?.has(PermissionFlagsBits.Connect) === false ? 'no-connect' : undefined;
}

function getRights({ channel }: VoiceState) {
  return channel ? findOwnPermissions(channel) : undefined;
}

function* listHindranceChanges(
  guildId: GuildId,
  { channelId, hindrances }: OwnSeat,
  newHindrances: Hindrances,
) {
  for (const kind of voiceRestrictions) {
    const [wasOn, isOn] = [hindrances[kind] === true, newHindrances[kind] === true];
    // A newcomer knows no earlier reports.
    if (wasOn !== isOn || (isOn && channelId === null)) yield { kind, guildId, isOn };
  }
}
