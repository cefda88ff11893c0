import {
  ChannelType,
  type Client,
  Events,
  type GuildBasedChannel,
  PermissionFlagsBits,
  type VoiceState,
} from 'discord.js';
import type { ChannelId, GuildId } from '#src/base/ids.ts';
import {
  type MissingRight,
  type VoiceRestriction,
  voiceRestrictions,
} from '#src/ports/voice-link.ts';
import type { DiscordEvent } from './discord-event.ts';
import { findOwnPermissions } from './permissions.ts';

/** Reports changes of the bot's seat by others. */
export function watchOwnState(
  client: Client<true>,
  report: (event: DiscordEvent) => void,
) {
  const seats = new Map<string, OwnSeat>();
  /** Returns the right that was taken away. */
  const readOwnSeat = (state: VoiceState, former: OwnSeat) => {
    const { channelId, guild } = state;
    const [hindrances, missing] = [getHindrances(state), findMissingRight(state)];
    seats.set(guild.id, { channelId, hindrances, missing });
    for (const event of listHindranceChanges(guild.id, former, hindrances))
      report(event);
    return missing === former.missing ? undefined : missing;
  };
  const onState = (former: VoiceState, now: VoiceState) => {
    if (now.id !== client.user.id) return;
    const { channelId, guild } = now;
    const seat = seats.get(guild.id) ?? unseated;
    if (channelId === null) {
      seats.set(guild.id, { ...seat, channelId });
      return;
    }
    readOwnSeat(now, seat);
    const from = former.channelId;
    if (from !== null && from !== channelId)
      report({ kind: 'moved', guildId: guild.id, channelId });
  };
  /** Discord reports no voice state when rights change. */
  const onRights = ({ guild }: InGuild) => {
    const voice = guild?.members.me?.voice;
    const seat = guild && seats.get(guild.id);
    if (!guild || !voice || !seat || seat.channelId === null) return;
    const missing = readOwnSeat(voice, seat);
    const { channelId } = voice;
    if (channelId !== null && missing)
      report({ kind: missing, guildId: guild.id, channelId });
  };
  const onChanged = (_: unknown, now: InGuild) => onRights(now);
  client
    .on(Events.VoiceStateUpdate, onState)
    .on(Events.GuildDelete, ({ id: guildId }) => {
      seats.delete(guildId);
      report({ kind: 'guild-removed', guildId });
    });
  client.on(Events.ChannelUpdate, onChanged).on(Events.GuildRoleUpdate, onChanged);
  client.on(Events.GuildMemberUpdate, onChanged).on(Events.GuildRoleDelete, onRights);
}

type InGuild = { readonly id: string } & Partial<Pick<GuildBasedChannel, 'guild'>>;

type Hindrances = Partial<Record<VoiceRestriction, boolean>>;

type OwnSeat = {
  readonly channelId: ChannelId | null;
  readonly hindrances: Hindrances;
  readonly missing: MissingRight | undefined;
};
const unseated = { channelId: null, hindrances: {}, missing: undefined };

function getHindrances(state: VoiceState) {
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
  const mine = getRights(state);
  if (mine?.has(PermissionFlagsBits.ViewChannel) === false) return 'no-view';
  return mine?.has(PermissionFlagsBits.Connect) === false ? 'no-connect' : undefined;
}

function getRights({ channel }: VoiceState) {
  return channel ? findOwnPermissions(channel) : undefined;
}

function* listHindranceChanges(
  guildId: GuildId,
  { channelId, hindrances }: OwnSeat,
  now: Hindrances,
) {
  for (const kind of voiceRestrictions) {
    const [was, is] = [hindrances[kind] === true, now[kind] === true];
    // A newcomer knows no earlier reports.
    if (was !== is || (is && channelId === null)) yield { kind, guildId, isOn: is };
  }
}
