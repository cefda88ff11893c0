/** Where a message stands. */
export type MessagePlace = { readonly channelId: string; readonly messageId: string };

/** Wanted content of one message of a chat. */
export type DesiredMessage = {
  /** Key chosen by the caller, unique in this chat for as long as the process runs. */
  readonly key: string;
  /** Markdown to post, at most 2,000 characters; it notifies no person. */
  readonly text: string;
  /** Whole words of an utterance that no earlier desired message held go first, `partial` texts last; what waits urgently stays so. */
  readonly urgency: 'whole' | 'partial';
  /** Buttons under it, as those of `Reply`. */
  readonly buttons?: readonly string[];
};

/** Outcome of the desired message for a key. */
export type DisplayOutcome =
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
  /** The message or its whole chat was deleted. */
  | { readonly kind: 'gone'; readonly key: string; readonly what: 'message' | 'chat' }
  /** The bot may not write in that chat; nothing more is sent until a new one is opened. */
  | { readonly kind: 'forbidden'; readonly key: string }
  /** Refused for good for another reason; `why` is for the operator. */
  | { readonly kind: 'refused'; readonly key: string; readonly why: string };
