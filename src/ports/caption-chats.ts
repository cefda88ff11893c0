import type { ChannelAccess } from '#src/people/audience.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { MessagePlace } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

/** Chats in which captions are written; discord implements it. */
export interface CaptionChats {
  /**
   * Opens the chat for captions of a voice channel: its own chat, or a thread in the text channel `inChannelId`: `formerId` where that
   * takes messages, else a new one of that name. Errors: BotError `discord.forbidden`, `discord.unreachable`. Aborting `signal` throws `signal.reason`.
   */
  openChat(
    channel: ChannelRef,
    thread: CaptionThread | undefined,
    signal: AbortSignal,
  ): Promise<CaptionChat>;
  /** Posts a message by itself. Errors: BotError `discord.*`. Aborting `signal` throws `signal.reason`. */
  postMessage(channelId: ChannelId, text: string, signal: AbortSignal): Promise<MessagePlace>;
  /**
   * Changes a message of any run, or deletes it where `text` is empty. `gone`: it is not there any more, since it is too old to be
   * changed, perhaps; `closed`: Discord does not take it now. Aborting `signal` throws `signal.reason`.
   */
  changeMessage(
    place: MessagePlace,
    text: string,
    signal: AbortSignal,
  ): Promise<'changed' | 'gone' | 'closed'>;
  /** Whether roles let this person open that voice channel and read what was said there, read at most 60 s ago; unknown means no. */
  mayOpen(guildId: GuildId, channelId: ChannelId, personId: PersonId): Promise<ChannelAccess>;
  /** Writes a sentence for the people who manage this server, where they are most likely to read it. Never throws. */
  tellManagers(guildId: GuildId, line: TextLine): void;
  /** Called with the ids of messages that people delete. Replaces the former listener. */
  onMessagesDeleted(listener: (messageIds: readonly MessageId[]) => void): void;
}

export type CaptionThread = {
  readonly parentChannelId: ChannelId;
  readonly name: string;
  /** Thread of the same session before it was resumed. */
  readonly formerId?: ChannelId;
};

/** How much of a line is known. `whole`: its words up to a pause, so probably all of them. */
export type LineProgress = 'partial' | 'whole';

/** A message of a chat as it is to be. */
export type ChatText = {
  /** Markdown, at most 2,000 characters; it notifies no person. Empty: there is to be no message. */
  readonly text: string;
  /** Buttons under it, as those of `Reply`. */
  readonly buttons?: readonly string[];
};

/** Outcome of a change of a message that follows what is drawn. */
export type MessageOutcome =
  /** It shows what was drawn. */
  | { readonly kind: 'shown'; readonly place: MessagePlace }
  /** Deleted as wished. */
  | { readonly kind: 'deleted' }
  | { readonly kind: 'too-old' }
  /** The message or its whole chat was deleted, or the bot may not write there: nothing more is sent. */
  | { readonly kind: 'message-gone' | 'chat-gone' | 'forbidden' }
  /** Refused for good for another reason; `why` is for the operator. */
  | { readonly kind: 'refused'; readonly why: string };

/** One message that follows what is drawn: posted once, then edited, at last deleted, at the pace Discord allows. */
export interface DrawnMessage {
  /**
   * Reports that what is drawn has changed. Whole words of an utterance that were not shown before go first, `partial` texts
   * last; what waits urgently stays so. Never throws.
   */
  requestUpdate(urgency: LineProgress): void;
  /** Resolves once it shows what it should, or cannot. */
  waitUntilSettled(): Promise<void>;
}

/** One chat. Messages are posted in the order in which they are touched first. */
export interface CaptionChat {
  readonly channelId: ChannelId;
  openMessage(draw: () => ChatText, report: (outcome: MessageOutcome) => void): DrawnMessage;
}
