import type { Admitted } from '#src/base/admitted.ts';
import type { MessageId, PersonId } from '#src/base/ids.ts';
import type { AdmittedFile, SoundFile } from '#src/sources/recordings.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Words and files of a message, as Discord gave them. */
export type MessageContent = {
  readonly text: string;
  /** Discord does not tell the author of a forwarded message. */
  readonly isForwarded?: true | undefined;
  /** A voice message, or the first sound file. */
  readonly recording?: SoundFile | undefined;
  /** At least one. */
  readonly pictures?: readonly SoundFile[] | undefined;
};

declare const sealed: unique symbol;

/**
 * Content of a message whose author was not asked yet. Nothing in it can be read: `MessageAuthors` opens it. The seal
 * exists for the compiler alone.
 *
 * @example
 * import { sealContent } from '#src/ports/authored-content.ts';
 *
 * const content = sealContent({ text: 'Dinner at eight?' });
 * // @ts-expect-error: The author was not asked.
 * const text: string = content.text;
 * typeof text; // 'string'
 */
export type SealedContent = { readonly [sealed]: true };

/** Seals content where it comes from Discord. */
export function sealContent(content: MessageContent): SealedContent {
  return content as unknown as SealedContent;
}

/** Message of any author. Its words never count as the caller's. */
export type PickedMessage = SealedContent & {
  readonly messageId: MessageId;
  readonly author: string;
  readonly authorId: PersonId;
  /** Also true for a webhook. */
  readonly isBot: boolean;
};

/** Names the author of sealed content, who is asked about it. */
export type ContentAuthor = { readonly id: PersonId; readonly name: string };

/**
 * Content that its author lets the bot use, given by `MessageAuthors` alone. A door asks again by `findRefusal` after
 * each wait.
 */
export type AdmittedContent = Admitted<AuthoredContent, 'author'>;

type AuthoredContent = {
  readonly author: ContentAuthor;
  readonly text: string;
  readonly isForwarded?: true | undefined;
  readonly recording?: AdmittedFile | undefined;
  readonly pictures?: readonly AdmittedFile[] | undefined;
  /** The words are data for a model: the asker did not write them. */
  readonly isQuoted: boolean;
  /** Aborts when the author says no. */
  readonly withdrawal: AbortSignal;
  /** Asks the author's consent again. Undefined while the content may still be used. */
  findRefusal(): TextLine | undefined;
};
