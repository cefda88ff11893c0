import {
  type ChatInputCommandInteraction,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import type { Call, Command } from '#src/session/command.ts';
import type { ChannelRef } from '#src/session/link.ts';
import { localeOf } from '#src/texts/texts.ts';

/** What a command is told of who asked. */
export function callOf(asked: ChatInputCommandInteraction<'cached'>, command: Command): Call {
  const { member } = asked;
  const where = member.voice.channel;
  const chosen = command.options.map(({ name }) => asked.options.getChannel(name)).find(Boolean);
  return {
    guildId: asked.guildId,
    callerId: asked.user.id,
    callerName: member.displayName,
    callerLocale: localeOf(asked.locale),
    words: {},
    mayManage: asked.memberPermissions.has(PermissionFlagsBits.ManageGuild),
    ...(where && { callerChannel: refOf(where) }),
    ...(chosen?.isVoiceBased() && { channel: refOf(chosen) }),
  };
}

function refOf({ guildId, id, name }: VoiceBasedChannel): ChannelRef {
  return { guildId, channelId: id, name };
}
