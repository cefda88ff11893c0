import type { Inspect } from '#src/sources/decode/inspection.ts';
import type { RawFormat } from '#src/sources/fetch/ports.ts';
import type { Format } from '#src/sources/formats/sniff.ts';
import type { SoundBytes } from '#src/sources/sound-bytes.ts';
import type { SoundLayout } from './sound-layout.ts';

/** What is known of a file once its first bytes are here. */
export type KnownFile = {
  readonly bytes: SoundBytes;
  readonly head: Buffer;
  /** Undefined for raw samples, and for what ffmpeg decodes. */
  readonly format: Format | undefined;
  readonly raw: RawFormat | undefined;
  readonly layout: SoundLayout;
  readonly inspect: Inspect;
};
