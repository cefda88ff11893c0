import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { Want } from './decoder.ts';
import type { Inspection, InspectionResult } from './inspection.ts';

/** Decoding order for one file. */
export type DecodePlan = {
  readonly want: Want;
  /** Left out at the start. */
  readonly skipMs?: number;
};

/** Messages to a decoding process; it answers every `feed` and every `inspect` once, in order. */
export type ToDecoder =
  | { readonly kind: 'open'; readonly id: number; readonly plan: DecodePlan }
  /** `bytes` may be empty: then only bytes held back are decoded. */
  | {
      readonly kind: 'feed';
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
    }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'inspect'; readonly inspection: Inspection };

export type FeedResult = {
  readonly kind: 'fed';
  /** About half a second, and at most the output of one step of the decoder. */
  readonly chunks: readonly SoundChunk[];
  /** Bytes are left that need no others to be decoded: feed nothing to go on. */
  readonly hasMore: boolean;
  /** Whether sound was decoded, even if all of it was left out. */
  readonly hasSound: boolean;
};

/** Sent once, before any answer: the process has loaded its decoders. */
export type DecoderReady = { readonly kind: 'ready' };

export type FromDecoder =
  | FeedResult
  | { readonly kind: 'inspected'; readonly inspected: InspectionResult }
  /** The stream is closed; `why` for the operator. */
  | { readonly kind: 'damaged'; readonly why: string };
