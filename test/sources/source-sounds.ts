import { writeWav } from '#src/audio/formats/wav.ts';
import { joinSamples, listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';

/** A man says "two nine three four zero". */
export const digitsFile = readSpeech('human-digits-2934z');

export const soundFiles = {
  wav: writeWav(digitsFile),
  mp3: readClip('test/fixtures/sounds', 'digits.mp3'),
  ogg: readClip('test/fixtures/sounds', 'digits.ogg'),
} as const;

/** Decoding for a test; a step may take as long as a busy machine needs. */
export function openDecoding() {
  return new Decoding({ clock: realClock, stepMs: 20_000 });
}

/** Decoding for tests of something else, with one process in a worker, which ends by itself. */
export const sharedDecoding = openDecoding();

/** `bytes` in pieces of this length. */
export async function* cutInPieces(
  bytes: Uint8Array,
  length: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length)
    yield bytes.subarray(at, at + length);
}

/** All of a sound, 16 kHz mono. */
export async function decodeSound(
  decoding: Decoding,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Pcm> {
  const { signal } = new AbortController();
  const pieces = await Array.fromAsync(
    decoding.decodeSound(bytes, { rateHz: listenRateHz, channels: 1 }, signal),
  );
  const samples = joinSamples(pieces.map((pcm) => pcm.samples));
  return { samples, rateHz: listenRateHz, channels: 1 };
}
