import type {
  ChannelId,
  GuildId,
  MessageId,
  PersonId,
  WebhookId,
} from '#src/base/ids.ts';
import type { LoggedText } from '#src/base/logged-text.ts';
import type { ChannelAccess } from '#src/people/audience.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { MessagePlace } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

/** A webhook of Discord. Whoever knows its token writes by it. */
export type Webhook = { readonly id: WebhookId; readonly token: string };

/** A message, which only its webhook can change if one posted it. */
export type CaptionPlace = MessagePlace & { readonly webhook?: Webhook };

/** Opens the chats that captions are written to, and changes their messages in later runs. */
export interface CaptionChats {
  /**
   * Opens the chat of the voice channel, or a thread. The thread `formerId` is used
   * again if it takes messages. Throws BotError `discord.forbidden` or
   * `discord.unreachable`.
   */
  openChat(
    channel: ChannelRef,
    thread: CaptionThread | undefined,
    signal: AbortSignal,
  ): Promise<CaptionChat>;
  /** Posts a message, and returns its place once Discord has accepted it. Throws BotError `discord.*`. */
  postMessage(
    target: ChannelId | Webhook,
    text: string,
    signal: AbortSignal,
  ): Promise<CaptionPlace>;
  /**
   * Changes a message of any run, or deletes it if `text` is empty. `closed` may pass.
   */
  changeMessage(
    place: CaptionPlace,
    text: string,
    signal: AbortSignal,
  ): Promise<'changed' | 'gone' | 'closed'>;
  /**
   * Checks access to a channel by roles read at most 60 s ago. Unknown counts as no.
   */
  mayOpen(
    guildId: GuildId,
    channelId: ChannelId,
    personId: PersonId,
  ): Promise<ChannelAccess>;
  /** Writes to the managers of a server. */
  tellManagers(guildId: GuildId, line: TextLine): void;
  /** Sets the listener for deleted messages, in place of the former one. It must not throw. */
  onMessagesDeleted(listener: (messageIds: readonly MessageId[]) => void): void;
}

export type CaptionThread = {
  readonly parentChannelId: ChannelId;
  readonly name: string;
  /** Thread of the session before it was resumed. */
  readonly formerId?: ChannelId;
};

/** `whole` means words up to a pause, so they are probably all of the line. */
export type LineProgress = 'partial' | 'whole';

export type ChatText = {
  /** Markdown of 2,000 characters at most, without pings. An empty text means no message. */
  readonly text: string;
  readonly buttons?: readonly string[];
};

export type MessageOutcome =
  | { readonly kind: 'shown'; readonly place: MessagePlace }
  /** Only after `too-old` more is sent. */
  | {
      readonly kind: 'deleted' | 'too-old' | 'message-gone' | 'chat-gone' | 'forbidden';
    }
  /** `why` is for the operator. */
  | { readonly kind: 'refused'; readonly why: LoggedText };

/** A message that is posted once, then edited at the pace of Discord, and deleted at the end. */
export interface DrawnMessage {
  /**
   * Requests a new drawing. New whole words go first, and an urgent update stays
   * urgent. Never throws.
   */
  requestUpdate(urgency: LineProgress): void;
  /** Waits until the message is up to date, or cannot be. */
  waitUntilSettled(): Promise<void>;
}

/** An open chat of captions. Messages appear in the order of their first update. */
export interface CaptionChat {
  readonly channelId: ChannelId;
  /**
   * Opens a message, which is posted at its first update. `draw` returns its newest text whenever Discord takes one, and
   * `report` gets the outcome of each try. Neither may throw.
   */
  openMessage(
    draw: () => ChatText,
    report: (outcome: MessageOutcome) => void,
  ): DrawnMessage;
}
