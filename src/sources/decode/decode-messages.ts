import type { SoundLabel } from '#src/audio/formats/raw-sound.ts';
import type { SoundShape } from './decoder.ts';

export type DecodePlan = SoundShape & {
  readonly skipMs?: number;
  /** The bytes are samples of this label, without a file around them. */
  readonly rawLabel?: SoundLabel | undefined;
};

/** A decoding process answers each `feed` once, in order. */
export type ToDecoder =
  /** The first `feed` of an id opens the file. Empty `bytes` decode those held back. */
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
  /** About half a second, and at most one step of the decoder. */
  readonly samples: Int16Array;
  /** True if an empty `feed` would decode more. */
  readonly hasMore: boolean;
  /** True also if all decoded sound was skipped. */
  readonly hasSound: boolean;
};

export type FromDecoder =
  | FeedResult
  /** The stream is closed. `reason` is for the operator. */
  | { readonly kind: 'damaged'; readonly reason: string };
