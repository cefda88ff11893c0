import { writeWav } from '#src/audio/formats/wav.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import type { Decoding } from '#src/sources/decode/decoding.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { cutInPieces } from './source-sounds.ts';

/** File with 440 Hz on the left and 660 Hz on the right, in one of the formats. */
export function readToneFile(name: string) {
  return Buffer.from(readClip('test/fixtures/sounds', name));
}

/** Both tones again, as WAV of 22.05 kHz. */
export function makeToneWav() {
  const rateHz = 22_050;
  const samples = Int16Array.from({ length: rateHz * 2 }, (_, n) => {
    const hz = n % 2 === 0 ? 440 : 660;
    return 8000 * Math.sin((2 * Math.PI * hz * (n >> 1)) / rateHz);
  });
  return writeWav({ samples, rateHz, channels: 2 });
}

/** All that came of a file. */
export type DecodedSound = {
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly rateHz: number;
  readonly channels: number;
};

export function joinHeard(sounds: readonly Pcm[]) {
  const [{ rateHz, channels } = { rateHz: 0, channels: 1 }] = sounds;
  const samples = joinSamples(sounds.map((pcm) => pcm.samples));
  return {
    left: samples.filter((_, n) => n % channels === 0),
    right: samples.filter((_, n) => n % channels === channels - 1),
    rateHz,
    channels,
  };
}

/** A file decoded for a track, fed in pieces of this length. */
export async function playFile(decoding: Decoding, file: Uint8Array) {
  const { signal } = new AbortController();
  const bytes = cutInPieces(file, 4096);
  return joinHeard(
    await Array.fromAsync(
      decoding.decodeSound(bytes, { rateHz: 48_000, channels: 2 }, signal),
    ),
  );
}

/** The frequency that is strongest, by the zeros of a sound, in Hz. */
export function measurePitchHz(samples: Int16Array, rateHz: number) {
  const [from, to] = [
    Math.floor(samples.length / 5),
    Math.floor((samples.length * 4) / 5),
  ];
  const ups: number[] = [];
  for (let n = from; n < to; n++) {
    const [before, after] = [samples[n - 1] ?? 0, samples[n] ?? 0];
    if (before < 0 && after >= 0) ups.push(n - after / (after - before));
  }
  const [first = 0] = ups;
  return ((ups.length - 1) * rateHz) / ((ups.at(-1) ?? 0) - first);
}
