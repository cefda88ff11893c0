import {
  ChannelType,
  type Client,
  Events,
  type GuildBasedChannel,
  PermissionFlagsBits,
  type PermissionsBitField,
  type VoiceState,
} from 'discord.js';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import type { MissingRight, VoiceRestriction } from '#src/ports/seat-changes-by-others.ts';
import type { DiscordEvent } from './events.ts';
import { permissionsIn } from './permissions.ts';

/** The seat is lost before or after the channel, in no fixed order. */
const togetherMs = 2_000;

/** Tells what others do to the bot's own seat in voice channels; the returned function stops that. */
export function watchOwnState(
  client: Client<true>,
  timing: SyncTiming,
  report: (event: DiscordEvent) => void,
): () => void {
  const left = new Map<string, { readonly channelId: string; readonly atMs: number }>();
  const seats = new Map<string, OwnVoiceState>();
  const onState = (former: VoiceState, now: VoiceState) => {
    if (now.id !== client.user.id) return;
    const guildId = now.guild.id;
    const seat = seats.get(guildId) ?? unseated;
    if (now.channelId === null) {
      const { channelId } = former;
      if (channelId !== null) left.set(guildId, { channelId, atMs: timing.nowMs() });
      seats.set(guildId, { ...seat, isThere: false });
      return;
    }
    const hindrances = hindrancesOf(now);
    seats.set(guildId, { isThere: true, hindrances, missing: missingRightOf(now) });
    for (const event of hindranceChanges(guildId, seat, hindrances)) report(event);
    if (isMove(former, now)) report({ kind: 'moved', guildId, channelId: now.channelId });
  };
  /** Rights may have been given or taken: Discord tells nothing of what that means for a voice state. */
  const onRights = ({ guild }: InGuild) => {
    const voice = guild?.members.me?.voice;
    const seat = guild && seats.get(guild.id);
    if (!guild || !voice || !seat?.isThere) return;
    const [hindrances, missing] = [hindrancesOf(voice), missingRightOf(voice)];
    seats.set(guild.id, { ...seat, hindrances, missing });
    for (const event of hindranceChanges(guild.id, seat, hindrances)) report(event);
    const { channelId } = voice;
    if (channelId === null || missing === undefined || missing === seat.missing) return;
    report({ kind: missing, guildId: guild.id, channelId });
  };
  const onChanged = (_: unknown, now: InGuild) => onRights(now);
  const onDelete = (channel: InGuild) => {
    const { guild } = channel;
    if (!guild) return;
    const last = left.get(guild.id);
    const hasLeft = last?.channelId === channel.id && timing.nowMs() - last.atMs < togetherMs;
    if (!hasLeft && guild.members.me?.voice.channelId !== channel.id) return;
    report({ kind: 'channel-removed', guildId: guild.id, channelId: channel.id });
  };
  const onRemoved = ({ id: guildId }: { readonly id: string }) => {
    seats.delete(guildId);
    left.delete(guildId);
    report({ kind: 'guild-removed', guildId });
  };
  client.on(Events.VoiceStateUpdate, onState).on(Events.ChannelDelete, onDelete);
  client.on(Events.GuildDelete, onRemoved);
  client.on(Events.ChannelUpdate, onChanged).on(Events.GuildRoleUpdate, onChanged);
  client.on(Events.GuildMemberUpdate, onChanged).on(Events.GuildRoleDelete, onRights);
  return () => {
    client.off(Events.VoiceStateUpdate, onState).off(Events.ChannelDelete, onDelete);
    client.off(Events.GuildDelete, onRemoved);
    client.off(Events.ChannelUpdate, onChanged).off(Events.GuildRoleUpdate, onChanged);
    client.off(Events.GuildMemberUpdate, onChanged).off(Events.GuildRoleDelete, onRights);
  };
}

function isMove({ channelId: from }: VoiceState, { channelId: to }: VoiceState): boolean {
  return from !== null && from !== to;
}

/** A channel outside of servers has none. */
type InGuild = { readonly id: string } & Partial<Pick<GuildBasedChannel, 'guild'>>;

/** Last reported state of the bot's seat in one server. */
type OwnVoiceState = {
  readonly isThere: boolean;
  readonly hindrances: ReadonlySet<VoiceRestriction>;
  readonly missing: MissingRight | undefined;
};
const unseated: OwnVoiceState = { isThere: false, hindrances: new Set(), missing: undefined };

function hindrancesOf(state: VoiceState): ReadonlySet<VoiceRestriction> {
  const { serverDeaf, serverMute, suppress } = state;
  return new Set<VoiceRestriction>([
    ...(serverMute === true ? (['muted'] as const) : []),
    ...(serverDeaf === true ? (['deafened'] as const) : []),
    ...(suppress === true || lacksSpeak(state) ? (['suppressed'] as const) : []),
  ]);
}

/** A stage does not require that right. */
function lacksSpeak(state: VoiceState): boolean {
  if (state.channel?.type !== ChannelType.GuildVoice) return false;
  return rightsOf(state)?.has(PermissionFlagsBits.Speak) === false;
}

function missingRightOf(state: VoiceState): MissingRight | undefined {
  const mine = rightsOf(state);
  if (mine?.has(PermissionFlagsBits.ViewChannel) === false) return 'no-view';
  return mine?.has(PermissionFlagsBits.Connect) === false ? 'no-connect' : undefined;
}

/** A bot without a single right is rather one of whose rights nothing was told. */
function rightsOf({ channel, guild }: VoiceState): Readonly<PermissionsBitField> | undefined {
  const { me } = guild.members;
  const mine = me && channel ? permissionsIn(channel, me) : undefined;
  return mine && mine.bitfield !== 0n ? mine : undefined;
}

/** Reports the state anew after a join: a newcomer knows nothing of earlier reports. */
function* hindranceChanges(
  guildId: string,
  { isThere, hindrances }: OwnVoiceState,
  now: ReadonlySet<VoiceRestriction>,
): Generator<DiscordEvent> {
  for (const kind of ['muted', 'deafened', 'suppressed'] as const) {
    const [was, is] = [hindrances.has(kind), now.has(kind)];
    if (was !== is || (is && !isThere)) yield { kind, guildId, on: is };
  }
}
