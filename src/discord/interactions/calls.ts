import {
  type Attachment,
  type AutocompleteInteraction,
  type BaseInteraction,
  type ChatInputCommandInteraction,
  type MessageContextMenuCommandInteraction,
  PermissionFlagsBits,
  type VoiceBasedChannel,
} from 'discord.js';
import { withNames } from '#src/discord/marks.ts';
import { readContent } from '#src/discord/message-content.ts';
import { roleIdsOf } from '#src/discord/permissions.ts';
import type { Command, CommandCall } from '#src/features/command.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { firstChars, oneLine } from '#src/texts/plain.ts';
import { localeOf } from '#src/texts/texts.ts';

type SentFile = NonNullable<CommandCall['sound']>;
type SlashInteraction = ChatInputCommandInteraction<'cached'> | AutocompleteInteraction<'cached'>;
type MenuInteraction = MessageContextMenuCommandInteraction<'cached'>;

/** Call of a press: the person, and the subject of the button. */
export function callOf(asked: BaseInteraction<'cached'>, about?: string): CommandCall {
  const { channelId, member } = asked;
  const where = member.voice.channel;
  return {
    guildId: asked.guildId,
    callerId: asked.user.id,
    callerName: oneLine(member.displayName),
    callerLocale: localeOf(asked.locale),
    callerRoleIds: roleIdsOf(member),
    words: about === undefined ? {} : { about },
    // Typed as always there, which holds for Discord; other servers may leave it out.
    mayManage: asked.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false,
    placeId: channelId ?? undefined,
    callerChannel: where ? refOf(where, asked.guildId) : undefined,
  };
}

/** Call of a command: the person and the options; those that do not fit any more are left out, numbers are brought within bounds. */
export function commandCallOf(asked: SlashInteraction, { options }: Command): CommandCall {
  const words: Record<string, string> = {};
  let given: Pick<CommandCall, 'channel' | 'file' | 'sound'> = {};
  for (const option of options) {
    const filled = asked.options.get(option.name);
    if (filled?.value === undefined) continue;
    const value = `${filled.value}`;
    switch (option.kind) {
      case 'voice-channel': {
        const channel = asked.guild.channels.cache.get(value);
        if (channel?.isVoiceBased()) given = { ...given, channel: refOf(channel, asked.guildId) };
        break;
      }
      case 'file':
      case 'sound':
        if (filled.attachment) given = { ...given, [option.kind]: fileOf(filled.attachment) };
        break;
      case 'text':
        words[option.name] = typedWords(value, option, asked);
        break;
      case 'number':
      case 'decimal':
        words[option.name] = `${Math.max(option.least, Math.min(option.most, Number(value)))}`;
        break;
      case 'choice':
      case 'truth':
        words[option.name] = value;
    }
  }
  return { ...callOf(asked), words, ...given };
}

function typedWords(
  typed: string,
  { isProse, maxChars }: { readonly isProse?: true; readonly maxChars: number },
  { guild }: SlashInteraction,
): string {
  return firstChars(isProse ? withNames(typed, guild) : typed, maxChars);
}

/** Call of an entry of the menu of a message: the person and the message. */
export function menuCallOf(asked: MenuInteraction): CommandCall {
  const { author, id: messageId, member, messageSnapshots, webhookId } = asked.targetMessage;
  const content = readContent(asked.targetMessage, messageSnapshots.first(), true);
  const message = {
    ...content,
    messageId,
    author: oneLine(member?.displayName ?? author.displayName),
    authorId: author.id,
    isBot: author.bot === true || typeof webhookId === 'string',
    text: withNames(content.text, asked.guild),
  };
  return { ...callOf(asked), message };
}

function fileOf({ url, name, contentType }: Attachment): SentFile {
  return { url, name, type: contentType || undefined };
}

/** The channel may name no server of its own: discord.js keeps the field as it came. */
function refOf({ id, name }: VoiceBasedChannel, guildId: GuildId): ChannelRef {
  return { guildId, channelId: id, name };
}
