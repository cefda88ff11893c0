import { createCipheriv, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  openVoice,
  readDiscovered,
  readDiscovery,
  readSsrc,
  VoiceSealer,
  writeDiscovery,
} from '#sandbox/voice/rtp.ts';
import { encryptionModes, voiceCipher } from '#sandbox/voice/voice-cipher.ts';
import type { EncryptionMode } from '#sandbox/voice/voice-ports.ts';

const cipherOf = (mode: EncryptionMode) => voiceCipher(mode, randomBytes(32));
const aesKey = randomBytes(32);
const aes = voiceCipher('aead_aes256_gcm_rtpsize', aesKey);
const packet = {
  sequence: 65_535,
  timestamp: 4_294_967_295,
  ssrc: 7,
  payload: Buffer.from('opus'),
};

test.each(encryptionModes.flatMap((mode) => [true, false].map((extended) => ({ mode, extended }))))(
  'what was sealed with $mode (extended: $extended) can be opened, with the key only',
  ({ mode, extended }) => {
    const cipher = cipherOf(mode);
    const datagram = new VoiceSealer(cipher, extended).seal(packet);
    expect(readSsrc(datagram)).toBe(7);
    expect(openVoice(datagram, cipher)).toEqual(packet);
    expect(openVoice(datagram, cipherOf(mode))).toBeUndefined();
  },
);

test.each(encryptionModes)('no bit of a datagram of %s can be changed unnoticed', (mode) => {
  const cipher = cipherOf(mode);
  const datagram = new VoiceSealer(cipher, true).seal(packet);
  for (let bit = 0; bit < datagram.length * 8; bit++) {
    const bent = Buffer.from(datagram);
    bent.writeUInt8(bent.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(openVoice(bent, cipher)).toBeUndefined();
  }
});

test('datagrams of any length and content are taken without complaint', () => {
  for (let sizeBytes = 0; sizeBytes < 120; sizeBytes++) {
    for (const first of [0x80, 0x90, 0xbf]) {
      const noise = randomBytes(sizeBytes);
      if (sizeBytes > 1) noise.set([first, 120]);
      expect(openVoice(noise, aes)).toBeUndefined();
      expect(readDiscovery(noise)).toBeUndefined();
    }
  }
});

test('contributing sources and padding are no part of the payload', () => {
  const head = Buffer.alloc(16);
  head.set([0xa1, 120]); // version 2, padded, one contributing source
  const cipher = createCipheriv('aes-256-gcm', aesKey, Buffer.alloc(12));
  cipher.setAAD(head);
  const plain = Buffer.from([1, 2, 3, 0, 0, 3]);
  const body = [cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  const datagram = Buffer.concat([head, ...body, Buffer.alloc(4)]);
  expect(openVoice(datagram, aes)?.payload).toEqual(Buffer.from([1, 2, 3]));
});

test('an answer to IP discovery carries the address', () => {
  const seen = { address: '127.0.0.1', port: 54_321 };
  expect(readDiscovery(writeDiscovery(9))).toBe(9);
  expect(readDiscovered(writeDiscovery(9, seen))).toEqual(seen);
  expect(readDiscovered(writeDiscovery(9))).toBeUndefined();
});
