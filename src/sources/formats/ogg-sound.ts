import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { OggPage } from './ogg-page.ts';

/** What a page gave. */
export type PageContent = {
  readonly chunks: readonly SoundChunk[];
  /** Packets of it that were damaged. */
  readonly flaws: number;
  /** True when the page holds no sound, but what comes before: only here a whole page may be passed over. */
  readonly isHead?: boolean;
};

/** One sound within an Ogg file; radios send one after the other. Has state. */
export interface OggSound {
  readonly serial: number;
  push(page: OggPage): Promise<PageContent>;
  end(): Promise<readonly SoundChunk[]>;
  free(): void;
}
