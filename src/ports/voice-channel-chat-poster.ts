import type { PersonId } from '#src/base/ids.ts';
import type { Owned } from '#src/people/owned.ts';
import type { AnyLine, TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

export type ReplyFile = { readonly name: string } & (
  | { readonly text: string }
  | { readonly bytes: Uint8Array }
);

/** A line for one person. The mention of the person precedes the text. */
export type PersonalLine = {
  readonly personId: PersonId;
  readonly text: Owned<string>;
  /** Idempotency key for a retry after a lost response. */
  readonly id?: string;
};

/** A posted line with buttons. */
export interface OfferedButtons {
  /** Replaces the line by another one, and removes the buttons. Throws as `VoiceChannelChatPoster` does. */
  replaceBy(line: TextLine, signal: AbortSignal): Promise<void>;
}

/**
 * Writes one message after the other, and resolves when Discord has accepted it, maybe
 * after minutes. Throws BotError `discord.forbidden`, `discord.unreachable` or
 * `discord.unsent`. Aborting `signal` withdraws waiting messages.
 */
export interface VoiceChannelChatPoster {
  /**
   * Writes a text without pings, cut at 2,000 characters. A given text goes beside the
   * panel if the chat is closed.
   */
  writeText(
    channel: ChannelRef,
    text: Owned<string>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Writes lines with pings of these people, cut at 2,000 characters. People with the
   * same text share one line. Lines with an `id` appear once, even if retried within
   * minutes.
   */
  notifyPeople(
    channel: ChannelRef,
    lines: readonly PersonalLine[],
    signal: AbortSignal,
    buttons?: readonly string[],
  ): Promise<void>;
  /**
   * Sends a direct message, cut at 2,000 characters, and once for each `id`. Asks whether the person may know the text as
   * the message leaves the queue. Also throws if not, and if direct messages are closed.
   */
  tellPerson(
    personId: PersonId,
    text: Owned<string>,
    signal: AbortSignal,
    id?: string,
  ): Promise<void>;
  /** Posts a line with buttons and no ping. Resolves to the posted message. */
  offerButtons(
    channel: ChannelRef,
    line: TextLine | Owned<AnyLine>,
    buttons: readonly string[],
    signal: AbortSignal,
  ): Promise<OfferedButtons>;
}
