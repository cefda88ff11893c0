import {
  type Attachment,
  type AutocompleteInteraction,
  type BaseInteraction,
  type ChatInputCommandInteraction,
  type MessageContextMenuCommandInteraction,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import { readContent, replaceMentions } from '#src/discord/message-content.ts';
import { roleIdsOf } from '#src/discord/permissions.ts';
import type { Command, CommandCall } from '#src/features/command.ts';
import { takeFirstChars, toOneLine } from '#src/texts/plain-text.ts';
import { toLocale } from '#src/texts/texts.ts';

type SlashInteraction =
  | ChatInputCommandInteraction<'cached'>
  | AutocompleteInteraction<'cached'>;

export function toCall(asked: BaseInteraction<'cached'>, about?: string): CommandCall {
  const { channelId, member } = asked;
  const where = member.voice.channel;
  return {
    guildId: asked.guildId,
    callerId: asked.user.id,
    callerName: toOneLine(member.displayName),
    callerLocale: toLocale(asked.locale),
    callerRoleIds: roleIdsOf(member),
    words: about === undefined ? {} : { about },
    // Servers other than Discord may leave this out.
    mayManage: asked.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false,
    placeId: channelId ?? undefined,
    callerChannel: where ? toChannelRef(where, asked.guildId) : undefined,
  };
}

/** Builds a call, without options that no longer fit, and numbers within bounds. */
export function toCommandCall(
  asked: SlashInteraction,
  { options }: Command,
): CommandCall {
  const words: Record<string, string> = {};
  let given: Pick<CommandCall, 'channel' | 'file' | 'sound'> = {};
  for (const option of options) {
    const filled = asked.options.get(option.name);
    if (filled?.value === undefined) continue;
    const value = `${filled.value}`;
    switch (option.kind) {
      case 'voice-channel': {
        const channel = asked.guild.channels.cache.get(value);
        if (channel?.isVoiceBased())
          given = { ...given, channel: toChannelRef(channel, asked.guildId) };
        break;
      }
      case 'file':
      case 'sound':
        if (filled.attachment)
          given = { ...given, [option.kind]: toSentFile(filled.attachment) };
        break;
      case 'text':
        words[option.name] = readTypedWords(value, option, asked);
        break;
      case 'number':
      case 'decimal':
        words[option.name] =
          `${Math.max(option.least, Math.min(option.most, Number(value)))}`;
        break;
      case 'choice':
      case 'truth':
        words[option.name] = value;
    }
  }
  return { ...toCall(asked), words, ...given };
}

function readTypedWords(
  typed: string,
  { isProse, maxChars }: { readonly isProse?: true; readonly maxChars: number },
  { guild }: SlashInteraction,
) {
  return takeFirstChars(isProse ? replaceMentions(typed, guild) : typed, maxChars);
}

export function toMenuCall(
  asked: MessageContextMenuCommandInteraction<'cached'>,
): CommandCall {
  const {
    author,
    id: messageId,
    member,
    messageSnapshots,
    webhookId,
  } = asked.targetMessage;
  const content = readContent(asked.targetMessage, messageSnapshots.first(), true);
  const message = {
    ...content,
    messageId,
    author: toOneLine(member?.displayName ?? author.displayName),
    authorId: author.id,
    isBot: author.bot === true || typeof webhookId === 'string',
    text: replaceMentions(content.text, asked.guild),
  };
  return { ...toCall(asked), message };
}

function toSentFile({
  url,
  name,
  contentType,
}: Attachment): NonNullable<CommandCall['sound']> {
  return { url, name, type: contentType || undefined };
}

function toChannelRef({ id, name }: VoiceBasedChannel, guildId: GuildId) {
  return { guildId, channelId: id, name };
}
