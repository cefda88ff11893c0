import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { Places } from '#src/ports/command-ports.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import { consentButtons } from '#src/ports/panel.ts';
import type { SessionEventListener } from '#src/ports/session-events.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { writtenText } from './localized-text.ts';

/** Parts that write sentences of the bot. */
export type WritingParts = {
  readonly messages: VoiceChannelChatPoster;
  readonly places: Pick<Places, 'localeIn'>;
  readonly onEvent: SessionEventListener;
};

/** Voice channel, and the parts that write into its chat. */
export type ChannelChat = { readonly channel: ChannelRef; readonly parts: WritingParts };

/** Signal of messages that are never withdrawn. */
const never = new AbortController().signal;

/** Into the chat of the channel, without waiting for it. If that is shut, only the operator reads of it. */
export function writeInChat(
  words: ConfidentialText,
  channel: ChannelRef,
  parts: Omit<WritingParts, 'places'>,
): void {
  parts.messages
    .write(channel, words, never)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureEventOf(error, 'speak')));
}

/** Words for these people into the chat of the channel, with a mention of each, without waiting for it. */
export function writeToPeople(
  personIds: readonly string[],
  words: ConfidentialText,
  { channel, parts }: ChannelChat,
): void {
  const text = words.textIn(channel.channelId) ?? '';
  const lines = personIds.map((personId) => ({ personId, text }));
  parts.messages
    .notify(channel, lines, never)
    .catch((error: unknown) => parts.onEvent(channel.guildId, failureEventOf(error, 'speak')));
}

/**
 * Writes lines to one person into the chat of the channel, which notifies them, with the buttons of consent; without waiting for it. If
 * that chat is shut, only the operator reads of it. Aborting `signal` takes back what still waits.
 */
export function notifyPerson(
  personId: string,
  lines: readonly TextLine[],
  { channel, parts }: ChannelChat,
  signal: AbortSignal,
): void {
  const { guildId } = channel;
  const text = lines.map((line) => writtenText(line, guildId, parts)).join(' ');
  parts.messages
    .notify(channel, [{ personId, text }], signal, consentButtons)
    .catch((error: unknown) => {
      if (!signal.aborted) parts.onEvent(guildId, failureEventOf(error, 'speak'));
    });
}
