import { opus } from 'prism-media';
import type { Decoder, Skip, SoundShape } from '#src/sources/decode/decoder.ts';
import { type DecodeOpusPacket, openOpus } from './opus-sound.ts';

/** No such file is fetched. */
const mostElementBytes = 2 ** 31;

/**
 * Reads the size of an element (https://www.rfc-editor.org/rfc/rfc8794.html#section-6). The
 * demuxer of prism-media 1.3.5 uses 32-bit shifts, and loops for ever on a negative size.
 *
 * Undefined if bytes are missing. Throws a plain Error from 2 GiB on.
 */
function readElementSize(bytes: Buffer, at: number) {
  const first = bytes[at] ?? 0;
  const sizeLength = Math.clz32(first) - 23;
  if (at + sizeLength > bytes.length) return undefined;
  const more = bytes.subarray(at + 1, at + sizeLength);
  const mask = 2 ** Math.max(0, 8 - sizeLength) - 1;
  const offset = at + sizeLength;
  const isOpen = (first & mask) === mask && more.every((byte) => byte === 255);
  // An element that holds others may have no end. Any other one would be skipped for ever.
  if (isOpen) return { offset, sizeLength, dataLength: Number.MAX_SAFE_INTEGER };
  const dataLength = more.reduce((size, byte) => size * 256 + byte, first & mask);
  if (dataLength >= mostElementBytes) throw new Error('an element of it is too long');
  return { offset, sizeLength, dataLength };
}

/** Opens WebM or Matroska with Opus. Other streams are skipped. */
export function openWebm(shape: SoundShape, skip: Skip): Decoder {
  const demuxer = new opus.WebmDemuxer();
  let opening: Promise<DecodeOpusPacket> | undefined;
  demuxer.on('error', () => undefined); // The event comes a tick late, so `errored` is read instead.
  // prism-media 1.3.5 takes the private data of any track for an Opus header, and rejects films.
  const tooShort: unknown = Reflect.get(opus.WebmDemuxer, 'TOO_SHORT');
  const _readTagDataSize = (bytes: Buffer, at: number) =>
    readElementSize(bytes, at) ?? tooShort;
  Object.assign(demuxer, { _checkHead() {}, _readTagDataSize });
  demuxer.on('head', (head: Buffer) => {
    if (head.toString('latin1', 0, 8) === 'OpusHead')
      opening ??= openOpus(head, shape, skip);
  });
  return {
    async push(bytes) {
      demuxer.write(bytes);
      const packets: Buffer[] = [];
      for (let packet = demuxer.read(); packet; packet = demuxer.read())
        packets.push(packet);
      const decodePacket = await opening;
      if (demuxer.errored) throw demuxer.errored;
      return packets.flatMap((packet) => decodePacket?.(packet) ?? []);
    },
    end: () => [],
    free: () => void demuxer.destroy(),
  };
}
