import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/formats/wav.ts';
import { speakRateHz } from '#src/audio/pcm.ts';

/** `heard` rises, `thinking` is a tick, `error` falls, `leaving` is two notes down. */
export type CueName = 'heard' | 'thinking' | 'error' | 'leaving';

/** Mono at 24 kHz. */
export type Cues = Readonly<Record<CueName, Int16Array>>;

/** Loads the files of scripts/make-cues.mjs. */
export async function loadCues(): Promise<Cues> {
  return {
    heard: await loadCue('heard'),
    thinking: await loadCue('thinking'),
    error: await loadCue('error'),
    leaving: await loadCue('leaving'),
  };
}

async function loadCue(name: CueName) {
  const bytes = await readFile(new URL(`./cues/${name}.wav`, import.meta.url));
  const { samples, rateHz, channels } = readWav(bytes);
  if (rateHz !== speakRateHz || channels !== 1)
    throw new Error(`Cue ${name} is not 24 kHz mono.`);
  return samples;
}
