import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { SoundFile } from '#src/sources/recordings.ts';
import type { ChannelMember } from './voice-link.ts';

/** Where a message stands. */
export type MessagePlace = { readonly channelId: ChannelId; readonly messageId: MessageId };

/** Words and files of a message, whatever its form. */
export type MessageContent = {
  readonly text: string;
  /** Its words and files are those of a forwarded message, whose author Discord does not tell. */
  readonly isForwarded?: true | undefined;
  /** A voice message, or the first file that passes for sound. */
  readonly recording?: SoundFile | undefined;
  /** Files that pass for pictures, one at least. */
  readonly pictures?: readonly SoundFile[] | undefined;
};

/**
 * A message that a person, a bot or a webhook has written into a text channel or the chat of a voice channel. Its text lacks the
 * mention of the bot, and is empty where Discord does not give it.
 */
export type TypedMessage = MessageContent & {
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
  readonly author: Pick<ChannelMember, 'id' | 'name' | 'isBot' | 'roleIds'>;
  /** Written through a webhook, which cannot give consent. */
  readonly isWebhook: boolean;
  /** It mentions the bot, or is a reply that pings it. */
  readonly isMention: boolean;
  /** Its recording is a voice message, not in reply to another person. */
  readonly isVoiceMessage?: boolean;
  /** Discord does not give its content. */
  readonly isHidden?: boolean;
};

/** A message to be replied to. */
export type ReplyTarget = Pick<TypedMessage, 'guildId' | 'channelId' | 'messageId'>;

/** Listener to messages; neither method throws. */
export type TypedMessageListener = {
  readonly onWritten: (message: TypedMessage) => void;
  readonly onDeleted: (messageIds: readonly MessageId[]) => void;
};

/** Whether a reply was sent, or its message is gone. */
export type ReplySent = 'sent' | 'deleted';

/** Messages in channels that the bot may read; discord implements it. */
export interface TypedMessages {
  /** Replaces the former listener. */
  setListener(listener: TypedMessageListener): void;
  /**
   * Replies to a message, once Discord has taken it; `deleted` where it is gone. Pings nobody; longer texts are cut at 2,000 characters. Errors: as `VoiceChannelChatPoster`. Aborting `signal` throws
   * `signal.reason`.
   */
  replyTo(to: ReplyTarget, text: ConfidentialText, signal: AbortSignal): Promise<ReplySent>;
}

/** Form of answers to typed questions in a server: aloud as well where the writer sits there, in writing only, or none. */
export const typedModes = ['voice', 'text', 'off'] as const;

/**
 * Outcome of a message; exactly one each. `elsewhere`: no mention, and not in the chat of the channel the bot sits in. `unread`:
 * Discord gave no content. `refused`, `unasked`: its writer said no, or was not asked. `not-meant`: by the addressing mode. Of lines
 * that are read out, `read`: in its turn; `full`: that person has reached the limit of waiting lines, or writes too much at once; `absent`: its writer does not sit there;
 * `silent`: the bot may not speak now.
 */
export type TypedOutcome =
  | 'answered'
  | 'failed'
  | 'deleted'
  | 'elsewhere'
  | 'off'
  | 'bot'
  | 'webhook'
  | 'refused'
  | 'unasked'
  | 'paused'
  | 'unread'
  | 'empty'
  | 'not-meant'
  | 'read'
  | 'full'
  | 'absent'
  | 'silent';
