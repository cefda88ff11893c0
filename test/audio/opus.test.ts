import { expect, test } from 'vitest';
import { loadOpus, openMediaplex } from '#src/audio/opus/load-opus.ts';
import { opusSamples } from '#src/audio/opus/opus-packet.ts';
import { opusCodecContract } from '#test/contracts/opus-codec.ts';

opusCodecContract('mediaplex', openMediaplex);

test('an Opus library nobody knows is no reason to fail', async () => {
  expect(['@discordjs/opus', 'mediaplex']).toContain((await loadOpus()).name);
});

test.each([
  [0x08, 960],
  [0x00, 480],
  [0x18, 2880],
  [0x60, 480],
  [0x78, 960],
  [0x80, 120],
  [0xf8, 960],
  [0xf9, 1920],
])('an Opus packet that begins with %i holds %i samples at 48 kHz', (first, samples) => {
  expect(opusSamples(Uint8Array.of(first, 0))).toBe(samples);
});
