import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { type OggPage, OggPages, writePages } from '#src/audio/ogg-page.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { asChunk } from '#src/sources/decode/channel-chunks.ts';
import { type Decoder, Flaws, type Want } from '#src/sources/decode/decoder.ts';
import type { Skip } from '#src/sources/decode/skip.ts';
import { OpusSound, preSkipOf } from './opus-sound.ts';

/** Sound of one page. */
type PageContent = {
  readonly chunks: readonly SoundChunk[];
  /** Packets of it that were damaged. */
  readonly flaws: number;
  /** True when the page holds headers, but no sound: only here a whole page may be passed over. */
  readonly isHead?: boolean;
};

/** One sound within an Ogg file; radios send one after the other. Has state. */
interface OggSound {
  readonly serial: number;
  push(page: OggPage): Promise<PageContent>;
  end(): Promise<readonly SoundChunk[]>;
  free(): void;
}

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

  /** Opens the sound of this page; gives the rest of the sound before. */
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

/** Longest packet, in bytes; a comment with pictures is longer and not needed. */
const longestPacketBytes = 128 * 1024;

/** Joins packets that span several pages. Packets longer than 128 KiB, or without their beginning, are left out. */
class OggPackets {
  #begun: Buffer[] = [];
  #beganBytes = 0;
  #isOpen = false;

  push({ pieces, isContinued, goesOn }: OggPage): Buffer[] {
    const packets: Buffer[] = [];
    pieces.forEach((piece, n) => {
      const isRest = n === 0 && isContinued;
      const isUnfinished = n === pieces.length - 1 && goesOn;
      if (!isRest) this.#begin();
      if (this.#isOpen) this.#add(piece);
      if (!isUnfinished && this.#isOpen) packets.push(this.#close());
    });
    return packets;
  }

  #begin(): void {
    this.#begun = [];
    this.#beganBytes = 0;
    this.#isOpen = true;
  }

  #add(piece: Buffer): void {
    this.#beganBytes += piece.length;
    if (this.#beganBytes > longestPacketBytes) this.#begun = [];
    else this.#begun.push(piece);
  }

  /** Ends the packet; one that was too long is empty. */
  #close(): Buffer {
    this.#isOpen = false;
    const [only, ...others] = this.#begun;
    return only && others.length === 0 ? only : Buffer.concat(this.#begun);
  }
}

/** Ogg Opus (RFC 7845), as Discord's voice messages are. */
function openOggOpus(serial: number, codec: OpusCodec, want: Want, skip: Skip): OggSound {
  const packets = new OggPackets();
  let headers = 0;
  let sound: OpusSound | undefined;
  let granule = 0;
  const heads = (some: readonly Buffer[]): readonly Buffer[] => {
    const sounding = some.slice(Math.max(0, 2 - headers));
    const [head] = some;
    if (headers === 0 && head) sound = new OpusSound(codec, want, skip, preSkipOf(head));
    headers += some.length - sounding.length;
    return sounding;
  };
  const push = (page: OggPage) => {
    let keep = endOf(page, granule);
    granule = page.granule ?? granule;
    const given = heads(packets.push(page)).map((packet): readonly SoundChunk[] | undefined => {
      const chunks = sound?.push(packet, keep);
      keep -= opusSamples(packet);
      return chunks;
    });
    const flaws = given.filter((chunks) => chunks === undefined).length;
    return { chunks: given.flatMap((chunks) => chunks ?? []), flaws, isHead: given.length === 0 };
  };
  return {
    serial,
    push: async (page) => push(page),
    end: async () => [],
    free: () => sound?.free(),
  };
}

/** Samples of a page that lie before the end of the sound: the last page may hold more (RFC 7845, 4.4). */
function endOf({ isLast, granule }: OggPage, before: number): number {
  return isLast && granule !== undefined ? granule - before : Number.POSITIVE_INFINITY;
}

/** An empty Vorbis comment (Vorbis I, 5.2.1). */
const noComment = Buffer.from('\x03vorbis\0\0\0\0\0\0\0\0\x01', 'latin1');

/** Offset of the number of channels in the first packet (Vorbis I, 4.2.2). */
const channelsAt = 11;
const mostChannels = 8;

type VorbisSamples = { readonly channelData: Float32Array[]; readonly sampleRate: number };

const head = { chunks: [], flaws: 0, isHead: true } as const;

/**
 * Ogg Vorbis. The decoder sees whole pages only, whose checksums are right, and no comment, as comments hold pictures.
 *
 * Headers reach it with the first page of sound: without sound it takes 20 ms to gather nothing from 36,000 channels.
 */
async function openOggVorbis(serial: number): Promise<OggSound> {
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  const packets = new OggPackets();
  const headers: Buffer[] = [];
  let headerPages: readonly Buffer[] = [];
  let hasSound = false;
  const decoded = async (work: () => Promise<VorbisSamples>) => {
    // It stumbles over its own report of a flaw now and then.
    const given = await work().catch(() => undefined);
    if (!given) return { chunks: [], flaws: 1 };
    return { chunks: asChunk(given.channelData, given.sampleRate, 'vorbis'), flaws: 0 };
  };
  const sound = (bytes: Uint8Array) => {
    const all = new Uint8Array(Buffer.concat([...headerPages, bytes]));
    headerPages = [];
    hasSound = true;
    return decoded(() => decoder.decode(all));
  };
  return {
    serial,
    async push(page: OggPage) {
      if (headers.length >= 3) return await sound(page.bytes);
      headers.push(...packets.push(page).map((packet) => Buffer.from(packet)));
      const [first, , setup] = headers;
      if ((first?.[channelsAt] ?? 0) > mostChannels)
        throw new Error(`it has more than ${mostChannels} channels`);
      if (!first || !setup) return head;
      headerPages = [
        writePages([first], { serial, isFirst: true }),
        writePages([noComment, setup], { serial, sequence: 1 }),
      ];
      return head;
    },
    end: async () => (hasSound ? (await decoded(() => decoder.flush())).chunks : []),
    free: () => decoder.free(),
  };
}

/** FLAC in Ogg (RFC 9639, 10.1): one frame a packet; its first byte distinguishes it from headers. */
async function openOggFlac(serial: number): Promise<OggSound> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const packets = new OggPackets();
  return {
    serial,
    async push(page) {
      const frames = packets.push(page).filter(([first]) => first === 0xff);
      if (frames.length === 0) return { chunks: [], flaws: 0, isHead: true };
      const own = frames.map((frame) => new Uint8Array(frame));
      const { channelData, sampleRate, errors } = await decoder.decodeFrames(own);
      return { chunks: asChunk(channelData, sampleRate), flaws: errors.length };
    },
    end: async () => [],
    free: () => decoder.free(),
  };
}
