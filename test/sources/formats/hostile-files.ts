import { readToneFile } from '#test/sources/tones.ts';

/** The checksums of FLAC: 8 bit of a header, 16 bit of a frame (RFC 9639, 9.1.8 and 9.3). */
export function computeCrc(bytes: Uint8Array, bits: 8 | 16, polynomial: number) {
  const [top, mask] = [1 << (bits - 1), 2 ** bits - 1];
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++)
      crc = ((crc << 1) & mask) ^ (crc & top ? polynomial : 0);
  }
  return crc;
}

/** Ogg Opus that ends in overlapping page heads: each 7 bytes promise a page of 32 kB. */
export function makeOgg(heads: number) {
  const head = Buffer.alloc(7, 0xff);
  head.write('OggS\0', 0, 'latin1');
  return Buffer.concat([
    readToneFile('tones-opus.ogg'),
    ...Array<Buffer>(heads).fill(head),
  ]);
}
