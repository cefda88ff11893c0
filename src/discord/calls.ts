import {
  type AutocompleteInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import type { Call, Command, CommandOption } from '#src/session/command.ts';
import type { ChannelRef } from '#src/session/link.ts';
import { localeOf } from '#src/texts/texts.ts';
import { firstChars } from './plain.ts';
import type { Languages } from './rendering.ts';

type Typed = ChatInputCommandInteraction<'cached'> | AutocompleteInteraction<'cached'>;
type Met = Typed | ButtonInteraction<'cached'>;

/** What a press is told of who pressed, and what its button is about. */
export function callOf(asked: Met, about?: string): Call {
  const { member } = asked;
  const where = member.voice.channel;
  return {
    guildId: asked.guildId,
    callerId: asked.user.id,
    callerName: member.displayName,
    callerLocale: localeOf(asked.locale),
    words: about === undefined ? {} : { about },
    // Typed as always there, which holds for Discord; other servers may leave it out.
    mayManage: asked.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false,
    ...(where && { callerChannel: refOf(where) }),
  };
}

/** What a command is told of who asked; what does not fit its options any more is left out. */
export function commandCallOf(asked: Typed, { options }: Command): Call {
  const words: Record<string, string> = {};
  let chosen: VoiceBasedChannel | undefined;
  for (const option of options) {
    const value = asked.options.get(option.name)?.value;
    if (typeof value !== 'string') continue;
    if (option.kind !== 'voice-channel') words[option.name] = bounded(value, option);
    else {
      const channel = asked.guild.channels.cache.get(value);
      if (channel?.isVoiceBased()) chosen = channel;
    }
  }
  return { ...callOf(asked), words, ...(chosen && { channel: refOf(chosen) }) };
}

/** Its caller reads their own language, the room that of the server. */
export function languagesOf({ locale, guild }: Met): Languages {
  return { caller: localeOf(locale), room: localeOf(guild.preferredLocale) };
}

function bounded(value: string, option: CommandOption): string {
  return option.kind === 'text' ? firstChars(value, option.maxChars) : value;
}

function refOf({ guildId, id, name }: VoiceBasedChannel): ChannelRef {
  return { guildId, channelId: id, name };
}
