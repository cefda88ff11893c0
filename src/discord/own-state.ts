import { type Client, Events, type GuildBasedChannel, type VoiceState } from 'discord.js';
import type { Hindrance } from '#src/session/hindrances.ts';
import type { DiscordEvent } from './events.ts';
import type { Timing } from './timing.ts';

/** The seat is lost before or after the channel, in no fixed order. */
const togetherMs = 2_000;

/** Tells what others do to the bot's own seat in voice channels; the returned function stops that. */
export function watchOwnState(
  client: Client<true>,
  timing: Timing,
  tell: (event: DiscordEvent) => void,
): () => void {
  const left = new Map<string, { readonly channelId: string; readonly atMs: number }>();
  const seats = new Map<string, Seat>();
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
    seats.set(guildId, { isThere: true, hindrances });
    for (const event of hindranceChanges(guildId, seat, hindrances)) tell(event);
    if (isMove(former, now)) tell({ kind: 'moved', guildId, channelId: now.channelId });
  };
  const onDelete = (
    channel: { readonly id: string } & Partial<Pick<GuildBasedChannel, 'guild'>>,
  ) => {
    const { guild } = channel;
    if (!guild) return;
    const last = left.get(guild.id);
    const hasLeft = last?.channelId === channel.id && timing.nowMs() - last.atMs < togetherMs;
    if (!hasLeft && guild.members.me?.voice.channelId !== channel.id) return;
    tell({ kind: 'channel-removed', guildId: guild.id, channelId: channel.id });
  };
  const onRemoved = ({ id: guildId }: { readonly id: string }) => {
    seats.delete(guildId);
    left.delete(guildId);
    tell({ kind: 'guild-removed', guildId });
  };
  client.on(Events.VoiceStateUpdate, onState).on(Events.ChannelDelete, onDelete);
  client.on(Events.GuildDelete, onRemoved);
  return () => {
    client.off(Events.VoiceStateUpdate, onState).off(Events.ChannelDelete, onDelete);
    client.off(Events.GuildDelete, onRemoved);
  };
}

function isMove({ channelId: from }: VoiceState, { channelId: to }: VoiceState): boolean {
  return from !== null && from !== to;
}

/** What was told of the bot's seat in one server last. */
type Seat = { readonly isThere: boolean; readonly hindrances: ReadonlySet<Hindrance> };
const unseated: Seat = { isThere: false, hindrances: new Set() };

function hindrancesOf({ serverDeaf, serverMute, suppress }: VoiceState): ReadonlySet<Hindrance> {
  return new Set<Hindrance>([
    ...(serverMute === true ? (['muted'] as const) : []),
    ...(serverDeaf === true ? (['deafened'] as const) : []),
    ...(suppress === true ? (['suppressed'] as const) : []),
  ]);
}

/** Who comes in knows nothing of what was told before: what holds then is told once more. */
function* hindranceChanges(
  guildId: string,
  { isThere, hindrances }: Seat,
  now: ReadonlySet<Hindrance>,
): Generator<DiscordEvent> {
  for (const kind of ['muted', 'deafened', 'suppressed'] as const) {
    const [was, is] = [hindrances.has(kind), now.has(kind)];
    if (was !== is || (is && !isThere)) yield { kind, guildId, on: is };
  }
}
