import { readFileSync } from 'node:fs';
import { toFile } from 'openai';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';

/** Somebody who speaks, of test/fixtures/speech, as sound of 16 kHz. */
function speech(name: string): Pcm {
  return readWav(readFileSync(new URL(`../../fixtures/speech/${name}.wav`, import.meta.url)));
}

/** So many ms in which nobody speaks. */
function silence(ms: number): Pcm {
  const samples = new Int16Array((ms / 1_000) * listenRateHz);
  return { samples, rateHz: listenRateHz, channels: 1 };
}

/** One after the other as a WAV file, with so much silence, in ms, after each. */
function recordingOf(parts: readonly Pcm[], pauseMs = 2_500): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap(({ samples }) => [samples, silence(pauseMs).samples]);
  const samples = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return new Uint8Array(writeWav({ samples, rateHz: listenRateHz, channels: 1 }));
}

/** Two sentences with a pause between. */
export const twoSentences = recordingOf([speech('human-cards-004'), speech('human-something')]);

export const wavFile = async (bytes: Uint8Array<ArrayBuffer> = twoSentences) =>
  await toFile(bytes, 'speech.wav', { type: 'audio/wav' });
