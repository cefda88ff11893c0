import { fileURLToPath } from 'node:url';
import { readWav } from '#src/audio/formats/wav.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs, joinSamples, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { readClip } from './clip-archive.ts';

const speechFolder = fileURLToPath(new URL('../fixtures/speech', import.meta.url));

/** One of the recordings, 16 kHz mono. */
export function readSpeech(name: string) {
  return readSpeechFile(`${name}.wav`);
}

export function readSpeechFile(file: string): Pcm {
  return readWav(readClip(speechFolder, file));
}

export const joinedSpeech = joinSamples;

/** Somebody who goes on and on. */
export function makeMonologue(seconds: number): Pcm {
  const piece = readSpeech('human-cards-005');
  const count = Math.ceil((seconds * 1_000) / getDurationMs(piece));
  return {
    ...piece,
    samples: joinedSpeech(Array.from({ length: count }, () => piece.samples)),
  };
}

/** Frames of 20 ms as the bot sends them. */
export function encodePcm(pcm: Pcm, codec: OpusCodec): Buffer[] {
  const { samples } = resamplePcm(pcm, speakRateHz);
  const encoder = codec.createEncoder(speakRateHz);
  const frames: Buffer[] = [];
  for (let at = 0; at + 480 <= samples.length; at += 480) {
    frames.push(encoder.encode(samples.subarray(at, at + 480)));
  }
  return frames;
}
