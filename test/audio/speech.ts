import { readFileSync } from 'node:fs';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { durationMs, joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';

/** One of the recordings, 16 kHz mono. */
export function speech(name: string): Pcm {
  return readWav(readFileSync(new URL(`../fixtures/speech/${name}.wav`, import.meta.url)));
}

export const joined = joinSamples;

/** Somebody who goes on and on. */
export function monologue(seconds: number): Pcm {
  const piece = speech('human-cards-005');
  const count = Math.ceil((seconds * 1_000) / durationMs(piece));
  return { ...piece, samples: joined(Array.from({ length: count }, () => piece.samples)) };
}

/** Frames of 20 ms as the bot sends them. */
export function encoded(pcm: Pcm, codec: OpusCodec): Buffer[] {
  const { samples } = resample(pcm, speakRateHz);
  const encoder = codec.encoder(speakRateHz);
  const frames: Buffer[] = [];
  for (let at = 0; at + 480 <= samples.length; at += 480) {
    frames.push(encoder.encode(samples.subarray(at, at + 480)));
  }
  return frames;
}
