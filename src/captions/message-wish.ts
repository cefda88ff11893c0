import type { MessagePlace } from './transcript-line.ts';

/** What one message of a chat is to show. */
export type MessageWish = {
  /** Of the caller's own choice, unique in this chat for as long as the process runs. */
  readonly key: string;
  /** Markdown as it is to be posted, at most 2,000 characters. Nobody is mentioned but `mentions`. */
  readonly text: string;
  /** Whole words of an utterance that no earlier wish held go first, `partial` texts last; what waits urgently stays so. */
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
