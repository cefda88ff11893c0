import type { MessagePlace } from '#src/captions/transcript-line.ts';
import type { ChannelRef } from './voice-link.ts';

/** Chats in which captions are written; discord implements it. */
export interface CaptionChats {
  /**
   * Where captions of a voice channel go: its own chat, or a new thread named `threadName` in the text channel
   * `threadIn`. Errors: BotError `discord.forbidden`, `discord.unreachable`. Aborting `signal` throws `signal.reason`.
   */
  open(
    channel: ChannelRef,
    thread: { readonly inChannelId: string; readonly name: string } | undefined,
    signal: AbortSignal,
  ): Promise<CaptionChat>;
  /** The same chat again, after a restart: for messages that are to be changed or deleted. */
  reopen(guildId: string, channelId: string): CaptionChat;
  /** Whether this person may read that chat now, as far as Discord tells. */
  mayRead(guildId: string, channelId: string, personId: string): Promise<boolean>;
  /** Called when somebody deletes messages, or the chat that held them. Replaces the former listener. */
  onDeleted(listener: (deleted: DeletedMessages) => void): void;
}

export type DeletedMessages =
  | {
      readonly kind: 'messages';
      readonly channelId: string;
      readonly messageIds: readonly string[];
    }
  /** The whole chat: channel or thread. */
  | { readonly kind: 'chat'; readonly channelId: string };

/** One chat. It is told what each message is to show, and brings that about at the pace Discord allows. */
export interface CaptionChat {
  readonly channelId: string;
  /**
   * Posts a message, or changes it, or deletes it where `text` is empty; a newer wish for the same key takes the place of
   * one that still waits. Never throws. Messages are posted in the order of their first `show`. `place` is that of a
   * message that was posted by a former run.
   */
  show(wish: MessageWish): void;
  /** Told what became of wishes. Replaces the former listener. */
  onOutcome(listener: (outcome: WishOutcome) => void): void;
  /** Resolves when nothing waits any more, or after `ms`. */
  flush(ms: number): Promise<void>;
  /** Nothing more is sent but what waits. */
  close(): void;
}

export type MessageWish = {
  /** Of the caller's own choice, unique in this chat for as long as the process runs. */
  readonly key: string;
  /** Markdown as it is to be posted, at most 2,000 characters. Nobody is mentioned but `mentions`. */
  readonly text: string;
  /** `whole` text of an utterance goes first, `partial` texts go last. */
  readonly urgency: 'whole' | 'partial';
  readonly place?: MessagePlace;
  /** Buttons under it, as those of `Reply`. */
  readonly buttons?: readonly string[];
  /** Ids of people who are notified; only where the message is posted. */
  readonly mentions?: readonly string[];
};

/** What became of the wish for a key. */
export type WishOutcome =
  /** It shows `text` now. */
  | {
      readonly kind: 'shown';
      readonly key: string;
      readonly place: MessagePlace;
      readonly text: string;
      readonly atMs: number;
    }
  /** Deleted as wished. */
  | { readonly kind: 'deleted'; readonly key: string }
  /** Discord takes no change any more, since the message is too old (error 30046): it shows what it showed before. */
  | { readonly kind: 'too-old'; readonly key: string }
  /** The message or its chat is gone: deleted by somebody. */
  | { readonly kind: 'gone'; readonly key: string; readonly what: 'message' | 'chat' }
  /** The bot may not write there; nothing more is sent until a new chat is opened. */
  | { readonly kind: 'forbidden'; readonly key: string }
  /** Refused for good for another reason; `why` is for the operator. */
  | { readonly kind: 'refused'; readonly key: string; readonly why: string };
