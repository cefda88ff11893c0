import type { TextLine } from '#src/texts/texts.ts';
import type { Places } from './command-ports.ts';
import type { DesiredMessage, DisplayOutcome, MessagePlace } from './desired-message.ts';
import type { ChannelRef } from './voice-link.ts';

/** Chats in which captions are written; discord implements it. */
export interface CaptionChats {
  /**
   * Opens the chat for captions of a voice channel: its own chat, or a thread in the text channel `inChannelId`: `formerId` where that
   * takes messages, else a new one of that name. Errors: BotError `discord.forbidden`, `discord.unreachable`. Aborting `signal` throws `signal.reason`.
   */
  open(
    channel: ChannelRef,
    thread: CaptionThread | undefined,
    signal: AbortSignal,
  ): Promise<CaptionChat>;
  /** Posts a message by itself. Errors: BotError `discord.*`. Aborting `signal` throws `signal.reason`. */
  post(channelId: string, text: string, signal: AbortSignal): Promise<MessagePlace>;
  /**
   * Changes a message of any run, or deletes it where `text` is empty. `gone`: it is not there any more, since it is too old to be
   * changed, perhaps; `closed`: Discord does not take it now. Aborting `signal` throws `signal.reason`.
   */
  change(
    place: MessagePlace,
    text: string,
    signal: AbortSignal,
  ): Promise<'changed' | 'gone' | 'closed'>;
  /** Whether roles let this person open that voice channel and read what was said there, read at most 60 s ago; unknown means no. */
  mayOpen(guildId: string, channelId: string, personId: string): Promise<'yes' | 'no' | 'gone'>;
  /** Writes a sentence for the people who manage this server, where they are most likely to read it. Never throws. */
  tellServer(guildId: string, line: TextLine): void;
  /** Called when messages are deleted, or the chat that held them. Replaces the former listener. */
  onDeleted(listener: (deleted: DeletedMessages) => void): void;
}

export type CaptionThread = {
  readonly inChannelId: string;
  readonly name: string;
  /** Thread of the same session before it was resumed. */
  readonly formerId?: string;
};

export type DeletedMessages =
  | {
      readonly kind: 'messages';
      readonly channelId: string;
      readonly messageIds: readonly string[];
    }
  /** The whole chat: channel or thread. */
  | { readonly kind: 'chat'; readonly channelId: string };

/** One chat. It posts and edits messages as they are requested, at the pace Discord allows. */
export interface CaptionChat {
  readonly channelId: string;
  /**
   * Posts a message, or changes it, or deletes it where `text` is empty; a newer desired message for the same key takes the place of
   * one that still waits. Never throws. Messages are posted in the order of their first `show`.
   */
  show(desired: DesiredMessage): void;
  /** Called with the outcome of each desired message. Replaces the former listener. */
  onOutcome(listener: (outcome: DisplayOutcome) => void): void;
  /** Resolves when nothing waits any more, or after `ms`. */
  flush(ms: number): Promise<void>;
  /** Sends what waits, and nothing after it. */
  close(): void;
}

/**
 * Whether a person may open a voice channel and so know what was said there: they sit there now, or the roles of both let them, read at
 * most 60 s ago; unknown means no. `gone`: the channel was deleted, and its words belong to people with a line in their session.
 */
export async function mayOpen(
  guildId: string,
  personId: string,
  channelId: string,
  {
    captionChats,
    places,
  }: {
    readonly captionChats: Pick<CaptionChats, 'mayOpen'>;
    readonly places: Pick<Places, 'seatOf'>;
  },
): Promise<'yes' | 'no' | 'gone'> {
  if (places.seatOf(guildId, personId)?.channelId === channelId) return 'yes';
  return await captionChats.mayOpen(guildId, channelId, personId);
}
