import { afterAll, expect, test } from 'vitest';
import { changeOfRate } from '#src/audio/polyphase/change-of-rate.ts';
import { asChunk } from '#src/sources/decode/channel-chunks.ts';
import { flacOf, vorbisAt } from '#test/sources/formats/hostile-files.ts';
import { openDecoding } from './sounds.ts';
import { played } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

test.each([1, 1_000, 7_999, 384_001, 40_000_003])(
  'a Vorbis file that claims %i Hz is refused, and takes no memory for it',
  async (rateHz) => {
    const refused = played(decoding, vorbisAt(rateHz));
    await expect(refused).rejects.toMatchObject({ code: 'source.not_audio' });
    await expect(refused).rejects.toThrow(`its rate of ${rateHz} Hz is not supported`);
  },
);

test.each([1, 1_000, 7_999])('a FLAC file that claims %i Hz is refused', async (rateHz) => {
  const refused = played(decoding, flacOf(20, rateHz));
  await expect(refused).rejects.toThrow(`its rate of ${rateHz} Hz is not supported`);
});

test.each([8_000, 44_100, 48_000])('a FLAC file of %i Hz is played', async (rateHz) => {
  const { left } = await played(decoding, flacOf(3, rateHz, 4096));
  expect(left).toHaveLength(Math.ceil((3 * 4096 * 48_000) / rateHz));
});

test('no sound has a rate that is no number', () => {
  const channels = [Float32Array.of(0, 1)];
  for (const rateHz of [Number.NaN, Number.POSITIVE_INFINITY, -48_000, 0])
    expect(() => asChunk(channels, rateHz)).toThrow('is not supported');
});

test('the table of a change of rate never takes more than a mebibyte', () => {
  for (const toHz of [16_000, 24_000, 48_000]) {
    for (const fromHz of [8_001, 11_025, 44_100, 96_001, 192_001, 383_999, 384_000]) {
      const { taps, phases, half } = changeOfRate(fromHz, toHz);
      expect(taps.byteLength, `${fromHz} to ${toHz}`).toBeLessThanOrEqual(2 ** 20);
      expect(taps).toHaveLength(2 * half * phases);
    }
  }
  expect(() => changeOfRate(400_000_007, 48_000)).toThrow('cannot be resampled');
});
