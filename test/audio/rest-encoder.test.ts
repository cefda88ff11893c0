import { expect, test } from 'vitest';
import { energyDb } from '#src/audio/loudness.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { restEncoder } from '#src/audio/opus/pause-aware-encoder.ts';

const codec = await loadOpus();
const silence = Buffer.of(0xf8, 0xff, 0xfe);
const hum = Int16Array.from(
  { length: 480 },
  (_, n) => 5_000 * Math.sin((2 * Math.PI * 200 * n) / 24_000),
);

/** Level at which the first frame after a pause arrives, in dBFS. */
function firstAfterPause(isRested: boolean): number {
  const [encoder, decoder] = [codec.encoder(24_000), codec.decoder(24_000)];
  try {
    for (let frame = 0; frame < 20; frame++) decoder.decode(encoder.encode(hum));
    if (isRested) restEncoder(encoder, 24_000);
    for (let frame = 0; frame < 5; frame++) decoder.decode(silence);
    return energyDb(decoder.decode(encoder.encode(hum)));
  } finally {
    encoder.free();
    decoder.free();
  }
}

test('the first frame after a pause is as loud as it was said', () => {
  expect(firstAfterPause(true)).toBeGreaterThan(energyDb(hum) - 6);
});

test('an encoder that knows nothing of the pause would swallow it', () => {
  expect(firstAfterPause(false)).toBeLessThan(energyDb(hum) - 15);
});
