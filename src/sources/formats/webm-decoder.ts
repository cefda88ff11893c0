import { opus } from 'prism-media';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Decoder, SoundShape, SoundSkip } from '#src/sources/decode/decoder.ts';
import { type DecodeOpusPacket, openOpus } from './opus-sound.ts';

/** No such file is fetched. */
const maxElementBytes = 2 ** 31;

/**
 * Reads the size of an element (https://www.rfc-editor.org/rfc/rfc8794.html#section-6). The
 * demuxer of prism-media 1.3.5 uses 32-bit shifts, and loops for ever on a negative size.
 *
 * Undefined if bytes are missing. Throws a plain Error from 2 GiB on.
 */
function readElementSize(bytes: Buffer, at: number) {
  const firstByte = bytes[at] ?? 0;
  const sizeLength = Math.clz32(firstByte) - 23;
  if (at + sizeLength > bytes.length) return undefined;
  const laterBytes = bytes.subarray(at + 1, at + sizeLength);
  const mask = 2 ** Math.max(0, 8 - sizeLength) - 1;
  const offset = at + sizeLength;
  const isOpen =
    (firstByte & mask) === mask && laterBytes.every((byte) => byte === 255);
  // An element that holds others may have no end. Any other one would be skipped for ever.
  if (isOpen) return { offset, sizeLength, dataLength: Number.MAX_SAFE_INTEGER };
  const dataLength = laterBytes.reduce(
    (size, byte) => size * 256 + byte,
    firstByte & mask,
  );
  if (dataLength >= maxElementBytes) throw new Error('an element of it is too long');
  return { offset, sizeLength, dataLength };
}

/** Decodes WebM or Matroska with Opus. Other streams are skipped. */
export class WebmDecoder implements Decoder {
  readonly #demuxer = new opus.WebmDemuxer();
  #opening: Promise<DecodeOpusPacket> | undefined;

  constructor(shape: SoundShape, skip: SoundSkip) {
    const demuxer = this.#demuxer;
    demuxer.on('error', () => undefined); // The event comes a tick late, so `errored` is read instead.
    // prism-media 1.3.5 takes the private data of any track for an Opus header, and rejects films.
    const tooShort: unknown = Reflect.get(opus.WebmDemuxer, 'TOO_SHORT');
    const _readTagDataSize = (bytes: Buffer, at: number) =>
      readElementSize(bytes, at) ?? tooShort;
    Object.assign(demuxer, { _checkHead() {}, _readTagDataSize });
    demuxer.on('head', (header: Buffer) => {
      if (header.toString('latin1', 0, 8) === 'OpusHead')
        this.#opening ??= openOpus(header, shape, skip);
    });
  }

  /** Decodes the packets that the bytes complete. */
  async addBytes(bytes: Uint8Array): Promise<readonly Pcm[]> {
    const demuxer = this.#demuxer;
    demuxer.write(bytes);
    const packets: Buffer[] = [];
    for (let packet = demuxer.read(); packet; packet = demuxer.read())
      packets.push(packet);
    const decodePacket = await this.#opening;
    if (demuxer.errored) throw demuxer.errored;
    return packets.flatMap((packet) => decodePacket?.(packet) ?? []);
  }

  /** Returns nothing, as each packet is decoded at once. */
  end(): readonly Pcm[] {
    return [];
  }

  /** Destroys the demuxer. */
  free(): void {
    this.#demuxer.destroy();
  }
}
