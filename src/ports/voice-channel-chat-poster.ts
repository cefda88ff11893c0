import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

/** A file attached to a reply, with the same audience. */
export type ReplyFile = { readonly name: string } & (
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
);

/** Text for one person; the mention of the person precedes it. */
export type PersonalLine = {
  readonly personId: PersonId;
  readonly text: string;
  /** Idempotency key, for lines that may be written again after a response of Discord was lost. */
  readonly id?: string;
};

/**
 * Writes into the text side of a voice channel, or to one person, for what cannot be spoken; one message after the other for each channel.
 *
 * All resolve once Discord has accepted the message, which may take minutes under a rate limit: a caller that must go on does not
 * wait for them. Errors: BotError `discord.forbidden`, `discord.unreachable`, `discord.unsent`. Aborting `signal` throws
 * `signal.reason`, and what still waits is not sent any more.
 */
export interface VoiceChannelChatPoster {
  /** Pings nobody; longer texts are cut at 2,000 characters. A given text goes beside the panel where the chat is shut. */
  writeText(channel: ChannelRef, text: ConfidentialText, signal: AbortSignal): Promise<void>;
  /**
   * One line for each of these people, whom it notifies; longer texts are cut at 2,000 characters. Lines that all have an `id`
   * appear once, however often they are written together within some minutes. `buttons` stand under them, named like those of `Reply`.
   */
  notifyPeople(
    channel: ChannelRef,
    lines: readonly PersonalLine[],
    signal: AbortSignal,
    buttons?: readonly string[],
  ): Promise<void>;
  /**
   * A direct message of what this person alone may know; longer texts are cut at 2,000 characters. With an `id` it appears once, as
   * with `notify`. Errors also where those are closed.
   */
  tellPerson(
    personId: PersonId,
    text: ConfidentialText,
    signal: AbortSignal,
    id?: string,
  ): Promise<void>;
  /** A sentence with buttons under it, named like those of `Reply`. Pings nobody. */
  offerButtons(
    channel: ChannelRef,
    line: TextLine,
    buttons: readonly string[],
    signal: AbortSignal,
  ): Promise<void>;
}
