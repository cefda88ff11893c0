import type { DecodedRateHz } from './decoder.ts';

/** What the decoding thread is told; it answers every `feed` once, in order. */
export type ToDecoder =
  | { readonly kind: 'open'; readonly id: number; readonly rateHz: DecodedRateHz }
  | {
      readonly kind: 'feed';
      readonly id: number;
      readonly bytes: Uint8Array;
      readonly isLast: boolean;
    }
  | { readonly kind: 'close'; readonly id: number };

export type FromDecoder =
  | { readonly kind: 'fed'; readonly samples: Int16Array }
  /** The stream is closed; `why` for the operator. */
  | { readonly kind: 'damaged'; readonly why: string };
