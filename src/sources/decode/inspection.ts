import { type SniffResult, sniff } from '#src/sources/formats/sniff.ts';
import {
  type LayoutBytes,
  layoutOf,
  type OggShape,
  type SoundLayout,
} from '#src/sources/seek/sound-layout.ts';
import { flacPlace, oggHead, oggPlace, type SoundPlace } from '#src/sources/seek/sound-places.ts';
import type { SoundTags } from './tags.ts';

/** A question about bytes of a file, answered at once and without a decoder. */
export type Inspection =
  | { readonly kind: 'sniff'; readonly head: Uint8Array; readonly isWhole: boolean }
  | ({
      readonly kind: 'layout';
      readonly head: Uint8Array;
      readonly tail: Uint8Array | undefined;
    } & Omit<LayoutBytes, 'head' | 'tail'>)
  /** Finds the first place in `bytes`, which lie at `from`, that tells its sample number. */
  | {
      readonly kind: 'place';
      readonly layout: SoundLayout;
      readonly bytes: Uint8Array;
      readonly from: number;
    }
  /** `bytes` are the first ones of the file. */
  | { readonly kind: 'ogg-head'; readonly ogg: OggShape; readonly bytes: Uint8Array }
  /** A file that the owner of this machine put there. */
  | { readonly kind: 'tags'; readonly path: string };

/** The answer to an inspection of the same kind. */
export type InspectionResult =
  | { readonly kind: 'sniff'; readonly sniffed: SniffResult }
  | { readonly kind: 'layout'; readonly layout: SoundLayout }
  | { readonly kind: 'place'; readonly place: SoundPlace | undefined }
  | { readonly kind: 'ogg-head'; readonly head: Uint8Array | 'more' | 'too-long' }
  | { readonly kind: 'tags'; readonly tags: SoundTags };

/** Sends an inspection to a decoding process. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
export type Inspect = <Kind extends Inspection['kind']>(
  inspection: Extract<Inspection, { kind: Kind }>,
  signal: AbortSignal,
) => Promise<Extract<InspectionResult, { kind: Kind }>>;

/** Runs in a decoding process: a crafted file decides how long it takes. */
export function inspect(inspection: Exclude<Inspection, { kind: 'tags' }>): InspectionResult {
  const { kind } = inspection;
  switch (kind) {
    case 'sniff':
      return { kind, sniffed: sniff(inspection.head, inspection.isWhole) };
    case 'layout': {
      const { head, tail } = inspection;
      const bytes = { head: asBuffer(head), tail: tail && asBuffer(tail) };
      return { kind, layout: layoutOf({ ...inspection, ...bytes }) };
    }
    case 'place':
      return { kind, place: placeIn(inspection) };
    case 'ogg-head':
      return { kind, head: oggHead(asBuffer(inspection.bytes), inspection.ogg) };
  }
}

function placeIn({
  layout: { flac, ogg },
  bytes,
  from,
}: Extract<Inspection, { kind: 'place' }>): SoundPlace | undefined {
  if (ogg) return oggPlace(asBuffer(bytes), from, ogg);
  return flac && flacPlace(asBuffer(bytes), from, flac);
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
