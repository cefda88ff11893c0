import { ChannelType, type Guild, PermissionFlagsBits } from 'discord.js';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { permissionsIn } from '#src/discord/permissions.ts';

/** The cached seat may still be the former one. Source: discord.js #7746. */
const againMs = 500;

/** In a stage one sits in the audience first: takes the floor where that is allowed, else asks for it. Never throws. */
export async function takeTheStage(
  guild: Guild,
  channelId: string,
  timing: SyncTiming,
  tell: (event: DiscordEvent) => void,
): Promise<void> {
  const channel = guild.channels.cache.get(channelId);
  if (channel?.type !== ChannelType.GuildStageVoice) return;
  try {
    await askToSpeak(guild, channelId);
  } catch {
    await new Promise<void>((resolve) => timing.later(againMs, resolve));
    await askToSpeak(guild, channelId).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `Stage ${channelId}: not asked to speak: ${why}`;
      tell({ kind: 'warning', message, guildId: guild.id, cause });
    });
  }
}

async function askToSpeak(guild: Guild, channelId: string): Promise<void> {
  const { me } = guild.members;
  const seat = me?.voice;
  if (seat?.channelId !== channelId) throw new Error('the bot is not seated there yet');
  if (seat.suppress === false) return;
  const mine = me && seat.channel ? permissionsIn(seat.channel, me) : undefined;
  if (mine?.has(PermissionFlagsBits.MuteMembers)) await seat.setSuppressed(false);
  else await seat.setRequestToSpeak(true);
}
