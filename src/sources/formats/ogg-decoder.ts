import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { type Decoder, Flaws, type Want } from '#src/sources/decode/decoder.ts';
import type { Skip } from '#src/sources/decode/skip.ts';
import { openOggFlac } from './ogg-flac.ts';
import { openOggOpus } from './ogg-opus.ts';
import { type OggPage, OggPages } from './ogg-page.ts';
import type { OggSound, PageContent } from './ogg-sound.ts';
import { openOggVorbis } from './ogg-vorbis.ts';

/** Ogg with Opus, Vorbis or FLAC: the first such sound in it, and every one that follows when that is over. */
export function openOgg(codec: () => Promise<OpusCodec>, want: Want, skip: Skip): Decoder {
  const pages = new OggPages();
  const flaws = new Flaws();
  const sounds = new Sounds((page) => opening(page, codec, want, skip));
  return {
    async push(bytes) {
      const [losses, lostBytes] = [pages.losses, pages.lostBytes];
      const chunks: SoundChunk[] = [];
      let [damage, soundBytes] = [0, 0];
      for (const page of pages.push(bytes)) {
        const given = await sounds.push(page);
        chunks.push(...given.chunks);
        damage += given.flaws;
        soundBytes += given.isHead ? 0 : page.bytes.length;
      }
      flaws.passed(bytes.length);
      if (soundBytes > 0) flaws.restart();
      const silentBytes = soundBytes + pages.lostBytes - lostBytes;
      flaws.note(silentBytes, chunks.length, damage + pages.losses - losses);
      return chunks;
    },
    end: () => sounds.end(),
    free: () => sounds.free(),
  };
}

/** One sound after the other. */
class Sounds {
  readonly #opening: (page: OggPage) => Promise<OggSound | undefined>;
  #sound: OggSound | undefined;
  #hasBegun = false;

  constructor(open: (page: OggPage) => Promise<OggSound | undefined>) {
    this.#opening = open;
  }

  async push(page: OggPage): Promise<PageContent> {
    const before = page.isFirst && (!this.#sound || this.#hasBegun) ? await this.#next(page) : [];
    if (this.#sound?.serial !== page.serial) return { chunks: before, flaws: 0 };
    this.#hasBegun = !page.isFirst;
    const given = await this.#sound.push(page);
    return { ...given, chunks: [...before, ...given.chunks] };
  }

  async end(): Promise<readonly SoundChunk[]> {
    return (await this.#sound?.end()) ?? [];
  }

  free(): void {
    this.#sound?.free();
  }

  /** What was left of the one before. */
  async #next(page: OggPage): Promise<readonly SoundChunk[]> {
    const opened = await this.#opening(page);
    if (!opened) return [];
    const rest = await this.end();
    this.free();
    this.#sound = opened;
    this.#hasBegun = false;
    return rest;
  }
}

async function opening(
  page: OggPage,
  codec: () => Promise<OpusCodec>,
  want: Want,
  skip: Skip,
): Promise<OggSound | undefined> {
  const name = page.pieces[0]?.toString('latin1', 0, 8) ?? '';
  if (name === 'OpusHead') return openOggOpus(page.serial, await codec(), want, skip);
  if (name.startsWith('\x01vorbis')) return await openOggVorbis(page.serial);
  if (name.startsWith('\x7fFLAC')) return await openOggFlac(page.serial);
  return undefined;
}
