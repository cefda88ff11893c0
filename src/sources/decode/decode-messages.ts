import type { SoundShape } from './decoder.ts';

/** Decoding order for one file. */
export type DecodePlan = SoundShape & {
  /** Left out at the start. */
  readonly skipMs?: number;
};

/** Messages to a decoding process; it answers every `feed` once, in order. */
export type ToDecoder =
  /** The first one opens the file; `bytes` may be empty: then only bytes held back are decoded. */
  | {
      readonly kind: 'feed';
      readonly id: number;
      readonly plan: DecodePlan;
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
    }
  | { readonly kind: 'close'; readonly id: number };

export type FeedResult = {
  readonly kind: 'fed';
  /** About half a second in the wanted shape, and at most the output of one step of the decoder. */
  readonly samples: Int16Array;
  /** Bytes are left that need no others to be decoded: feed nothing to go on. */
  readonly hasMore: boolean;
  /** Whether sound was decoded, even if all of it was left out. */
  readonly hasSound: boolean;
};

export type FromDecoder =
  | FeedResult
  /** The stream is closed; `why` for the operator. */
  | { readonly kind: 'damaged'; readonly why: string };
