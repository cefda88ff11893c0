import { toneFile } from '#test/sources/tones.ts';

/** FLAC of constant samples, 15 bytes a frame, at a rate that each frame writes out in Hz (RFC 9639, 8.2 and 9). */
export function flacOf(frames: number, rateHz: number, samples = 16_384, channels = 1): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(samples, 0);
  info.writeUInt16BE(samples, 2);
  info.writeUIntBE(((rateHz & 0xfffff) << 4) | ((channels - 1) << 1), 10, 3);
  info.writeUInt8(0xf0, 13); // 16 bit, length unknown
  const head = Buffer.concat([Buffer.from('fLaC'), Buffer.of(0x80, 0, 0, 34), info]);
  const all = Array.from({ length: frames }, (_, n) => flacFrame(n, rateHz, samples, channels));
  return Buffer.concat([head, ...all]);
}

function flacFrame(n: number, rateHz: number, samples: number, channels: number): Buffer {
  const number = n < 0x80 ? [n] : [0xc0 | (n >> 6), 0x80 | (n & 63)];
  const written = [samples - 1, Math.min(0xffff, rateHz)].flatMap((value) => [
    value >> 8,
    value & 255,
  ]);
  const header = Buffer.of(0xff, 0xf8, 0x7d, ((channels - 1) << 4) | 8, ...number, ...written);
  const constant = Buffer.of(0x00, 0x12, 0x34);
  const body = [header, Buffer.of(crcOf(header, 8, 0x07)), ...Array(channels).fill(constant)];
  const frame = Buffer.concat(body);
  const end = Buffer.alloc(2);
  end.writeUInt16BE(crcOf(frame, 16, 0x8005));
  return Buffer.concat([frame, end]);
}

/** The checksums of FLAC: 8 bit of a header, 16 bit of a frame (RFC 9639, 9.1.8 and 9.3). */
export function crcOf(bytes: Uint8Array, bits: 8 | 16, polynomial: number): number {
  const [top, mask] = [1 << (bits - 1), 2 ** bits - 1];
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) & mask) ^ (crc & top ? polynomial : 0);
  }
  return crc;
}

/** Ogg Opus that ends in overlapping page heads: each 7 bytes promise a page of 32 kB. */
export function oggOfHeads(heads: number): Buffer {
  const head = Buffer.alloc(7, 0xff);
  head.write('OggS\0', 0, 'latin1');
  return Buffer.concat([toneFile('tones-opus.ogg'), ...Array<Buffer>(heads).fill(head)]);
}
