import { type Client, Events, type GuildBasedChannel, type VoiceState } from 'discord.js';
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
  const onState = (former: VoiceState, now: VoiceState) => {
    if (now.id !== client.user.id) return;
    const guildId = now.guild.id;
    if (now.channelId === null) {
      if (former.channelId !== null) {
        left.set(guildId, { channelId: former.channelId, atMs: timing.nowMs() });
      }
      return;
    }
    for (const event of changes(former, now)) tell(event);
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
  client.on(Events.VoiceStateUpdate, onState).on(Events.ChannelDelete, onDelete);
  return () => {
    client.off(Events.VoiceStateUpdate, onState).off(Events.ChannelDelete, onDelete);
  };
}

function* changes(former: VoiceState, now: VoiceState): Generator<DiscordEvent> {
  const guildId = now.guild.id;
  const [muted, deafened] = [now.serverMute === true, now.serverDeaf === true];
  if ((former.serverMute === true) !== muted) yield { kind: 'muted', guildId, on: muted };
  if ((former.serverDeaf === true) !== deafened) yield { kind: 'deafened', guildId, on: deafened };
  if (former.channelId !== null && now.channelId !== null && former.channelId !== now.channelId) {
    yield { kind: 'moved', guildId, channelId: now.channelId };
  }
}
