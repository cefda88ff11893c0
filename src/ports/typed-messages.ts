import type { ChannelId, GuildId, MessageId } from '#src/base/ids.ts';
import type { Owned } from '#src/people/owned.ts';
import type { SealedContent } from './authored-content.ts';
import type { ChannelMember } from './voice-link.ts';

export type MessagePlace = {
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
};

/** A message that somebody wrote in a channel of a server. */
export type TypedMessage = {
  /** The text lacks the mention of the bot, and is empty if Discord hides it. */
  readonly content: SealedContent;
  readonly guildId: GuildId;
  readonly channelId: ChannelId;
  readonly messageId: MessageId;
  readonly author: Pick<ChannelMember, 'id' | 'name' | 'isBot' | 'roleIds'>;
  /** A webhook cannot give consent. */
  readonly isWebhook: boolean;
  /** True for a mention, and for a reply with a ping. */
  readonly isMention: boolean;
  /** False if the voice message replies to another person. */
  readonly isVoiceMessage?: boolean;
  /** Discord does not give its content. */
  readonly isHidden?: boolean;
};

/** A listener to written messages. No method throws. */
export type TypedMessageListener = {
  /** Gets each message once, also those of bots and webhooks. */
  readonly onWritten: (message: TypedMessage) => void;
  /** Gets the ids of deleted messages, several after a purge. */
  readonly onDeleted: (messageIds: readonly MessageId[]) => void;
};

/** Messages that people write, and replies to them. */
export interface TypedMessages {
  /** Sets the listener for messages of all servers, in place of the former one. */
  setListener(listener: TypedMessageListener): void;
  /**
   * Replies without a ping, cut at 2,000 characters. Throws as `VoiceChannelChatPoster`
   * does.
   */
  replyTo(
    to: Pick<TypedMessage, 'guildId' | 'channelId' | 'messageId'>,
    text: Owned<string>,
    signal: AbortSignal,
  ): Promise<'sent' | 'deleted'>;
}

/** `voice` also speaks an answer if the writer sits in the channel. */
export const typedModes = ['voice', 'text', 'off'] as const;

/**
 * The outcome of a written message. `elsewhere` has no mention, outside the bot's chat. `unread` has no content from
 * Discord. `refused` and `unasked` are of consent, and `not-meant` of the addressing
 * mode. Of lines to read out, `full` is over a limit, `absent` by a person elsewhere,
 * and `silent` where the bot may not speak.
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
