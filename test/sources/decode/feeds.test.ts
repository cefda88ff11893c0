import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { writeWav } from '#src/audio/wav.ts';
import { DecodingProcess } from '#src/sources/decoding-process.ts';
import { openDecoding } from '#test/sources/sounds.ts';
import { played } from '#test/sources/tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

/** Bytes of each piece that was handed to a decoding process from now on, the end left out. */
function watchFeeds(): readonly number[] {
  const sizes: number[] = [];
  const feed = DecodingProcess.prototype.feed;
  const spy = vi.spyOn(DecodingProcess.prototype, 'feed').mockImplementation(function (
    this: DecodingProcess,
    id,
    bytes,
    isLast,
  ) {
    if (!isLast) sizes.push(bytes.length);
    return feed.call(this, id, bytes, isLast);
  });
  onTestFinished(() => spy.mockRestore());
  return sizes;
}

function wav(rateHz: number, channels: 1 | 2, seconds: number): Buffer {
  const samples = Int16Array.from({ length: rateHz * channels * seconds }, (_, n) => n % 5000);
  return writeWav({ samples, rateHz, channels });
}

test('a WAV file of studio sound is handed to its decoder in large pieces, after a small first one', async () => {
  const sizes = watchFeeds();
  const { left } = await played(decoding, wav(44_100, 2, 5), 64 * 1024);
  expect(left).toHaveLength(5 * 48_000);
  expect(sizes[0]).toBe(8 * 1024);
  expect(Math.max(...sizes)).toBe(64 * 1024);
  expect(sizes.length).toBeLessThan(30);
});

test('a file whose bytes hold much sound is handed over in small pieces', async () => {
  const sizes = watchFeeds();
  await played(decoding, wav(8_000, 1, 10), 64 * 1024);
  expect(Math.max(...sizes)).toBe(8 * 1024);
});
