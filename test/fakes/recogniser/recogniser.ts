import { readFile } from 'node:fs/promises';
import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { readWav } from '#src/audio/wav.ts';
import { featuresOf } from './recogniser-features.ts';
import { type ClipMatch, type KnownClip, type KnownWord, matches } from './recogniser-match.ts';

/**
 * A recogniser that cannot cheat: it knows recordings and when each of their words ends, and gives of the sound it is
 * sent only the words that have ended in it.
 *
 * It tells recordings apart by their sound alone, through Opus, room noise and cuts; 300 ms of one are enough. What it
 * does not know, and silence, is an empty text.
 */
export class MockRecogniser {
  readonly #clips: KnownClip[] = [];

  /** `words` in order, with milliseconds of `pcm`. */
  add(pcm: Pcm, words: readonly KnownWord[]): void {
    this.#clips.push({ words, features: featuresOf(pcm) });
  }

  hear(pcm: Pcm): string {
    return this.words(pcm)
      .map(({ word }) => word)
      .join(' ');
  }

  /** In order, with milliseconds of `pcm`. */
  words(pcm: Pcm): readonly KnownWord[] {
    const heard = featuresOf(pcm);
    const found = this.#clips.flatMap((clip) => matches(heard, clip));
    const chosen: KnownWord[] = [];
    for (const { words } of found.toSorted(surestFirst)) {
      chosen.push(...words.filter((word) => chosen.every((other) => !overlap(word, other))));
    }
    const lengthMs = durationMs(pcm);
    return chosen
      .filter(({ toMs }) => toMs <= lengthMs + lateMs)
      .toSorted((a, b) => a.fromMs - b.fromMs);
  }
}

/** Codecs delay, and frames do not end where words do; less than a packet. */
const lateMs = 18;

/** It knows the recordings of `test/fixtures/speech`. */
export async function openRecogniser(): Promise<MockRecogniser> {
  const recogniser = new MockRecogniser();
  for (const [file, words] of Object.entries(await knownWords())) {
    recogniser.add(readWav(await readFile(new URL(file, fixtures))), words);
  }
  return recogniser;
}

const fixtures = new URL('../../fixtures/speech/', import.meta.url);

/** The words of each file in `test/fixtures/speech`. By PocketSphinx. */
export async function knownWords(): Promise<Readonly<Record<string, readonly KnownWord[]>>> {
  return JSON.parse(await readFile(new URL('words.json', fixtures), 'utf8'));
}

function surestFirst(a: ClipMatch, b: ClipMatch) {
  return b.sureness - a.sureness;
}

/** Two words of one moment; neighbours may touch. */
function overlap(a: KnownWord, b: KnownWord) {
  const bothMs = Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs);
  return bothMs > 0.3 * Math.min(a.toMs - a.fromMs, b.toMs - b.fromMs);
}
