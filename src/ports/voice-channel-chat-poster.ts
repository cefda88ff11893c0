import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

/** A file attached to a reply. */
export type ReplyFile = { readonly name: string } & (
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
);

/** The mention of the person precedes the text. */
export type PersonalLine = {
  readonly personId: PersonId;
  readonly text: string;
  /** Idempotency key for a retry after a lost response. */
  readonly id?: string;
};

/**
 * Writes into the chat of a voice channel, or to one person, one message after the other. A method resolves when Discord has
 * accepted the message, which may take minutes under a rate limit. Throws BotError `discord.forbidden`, `discord.unreachable` or
 * `discord.unsent`. Aborting `signal` throws `signal.reason` and takes back what still waits.
 */
export interface VoiceChannelChatPoster {
  /** Pings nobody, and cuts at 2,000 characters. A given text goes beside the panel if the chat is closed. */
  writeText(
    channel: ChannelRef,
    text: ConfidentialText,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Pings each of these people, and cuts at 2,000 characters. Lines with an `id` appear once, even if they are written again within
   * some minutes.
   */
  notifyPeople(
    channel: ChannelRef,
    lines: readonly PersonalLine[],
    signal: AbortSignal,
    buttons?: readonly string[],
  ): Promise<void>;
  /** Sends a direct message, cut at 2,000 characters. With an `id` it appears once. Also throws if direct messages are closed. */
  tellPerson(
    personId: PersonId,
    text: ConfidentialText,
    signal: AbortSignal,
    id?: string,
  ): Promise<void>;
  /** Writes a sentence with buttons, and pings nobody. */
  offerButtons(
    channel: ChannelRef,
    line: TextLine,
    buttons: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
}
