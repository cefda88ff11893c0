import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

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
 * Writes one message after the other. A method resolves when Discord has accepted the message,
 * which may take minutes. Throws BotError `discord.forbidden`, `discord.unreachable` or
 * `discord.unsent`. Aborting `signal` throws `signal.reason` and takes back waiting messages.
 */
export interface VoiceChannelChatPoster {
  /** Pings nobody, and cuts at 2,000 characters. A given text goes beside the panel if the chat is closed. */
  writeText(
    channel: ChannelRef,
    text: ConfidentialText,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Pings these people, cut at 2,000 characters. Lines with an `id` appear once, even if they are
   * retried within some minutes.
   */
  notifyPeople(
    channel: ChannelRef,
    lines: readonly PersonalLine[],
    signal: AbortSignal,
    buttons?: readonly string[],
  ): Promise<void>;
  /**
   * Direct message, cut at 2,000 characters. With an `id` it appears once. Also throws if direct
   * messages are closed.
   */
  tellPerson(
    personId: PersonId,
    text: ConfidentialText,
    signal: AbortSignal,
    id?: string,
  ): Promise<void>;
  /** Pings nobody. */
  offerButtons(
    channel: ChannelRef,
    line: TextLine,
    buttons: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
}
