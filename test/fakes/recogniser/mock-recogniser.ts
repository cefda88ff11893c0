import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { readSpeechFile } from '#test/audio/recorded-speech.ts';
import words from '#test/fixtures/speech/words.json' with { type: 'json' };
import { extractFeatures } from './recogniser-features.ts';
import {
  type ClipMatch,
  findMatches,
  type KnownClip,
  type KnownWord,
} from './recogniser-match.ts';

/**
 * A recogniser that cannot cheat: it knows recordings and when each of their words ends, and gives of the sound it is
 * sent only the words that have ended in it.
 *
 * It tells recordings apart by their sound alone, through Opus, room noise and cuts; 300 ms of one are enough. What it
 * does not know, and silence, is an empty text.
 */
export function createMockRecogniser() {
  const clips: KnownClip[] = [];

  /** In order, with milliseconds of `pcm`. */
  function findWords(pcm: Pcm): readonly KnownWord[] {
    const heardSound = extractFeatures(pcm);
    const matches = clips.flatMap((clip) => findMatches(heardSound, clip));
    const chosen: KnownWord[] = [];
    for (const { words } of matches.toSorted(compareSureness)) {
      chosen.push(
        ...words.filter((word) =>
          chosen.every((otherWord) => !isOverlapping(word, otherWord)),
        ),
      );
    }
    const lengthMs = getDurationMs(pcm);
    return chosen
      .filter(({ toMs }) => toMs <= lengthMs + maxLateMs)
      .toSorted((a, b) => a.fromMs - b.fromMs);
  }

  return {
    /** `words` in order, with milliseconds of `pcm`. */
    addClip(pcm: Pcm, words: readonly KnownWord[]) {
      clips.push({ words, features: extractFeatures(pcm) });
    },

    hearPcm(pcm: Pcm) {
      return findWords(pcm)
        .map(({ word }) => word)
        .join(' ');
    },
    findWords,
  };
}

/** Codecs delay, and frames do not end where words do; less than a packet. */
const maxLateMs = 18;

/** It knows the recordings of `test/fixtures/speech`. */
export function openRecogniser() {
  const recogniser = createMockRecogniser();
  for (const [file, words] of Object.entries(knownWords))
    recogniser.addClip(readSpeechFile(file), words);
  return recogniser;
}

/** The words of each file in `test/fixtures/speech`. By PocketSphinx. */
export const knownWords: Readonly<Record<string, readonly KnownWord[]>> = words;

function compareSureness(a: ClipMatch, b: ClipMatch) {
  return b.sureness - a.sureness;
}

/** Two words of one moment; neighbours may touch. */
function isOverlapping(a: KnownWord, b: KnownWord) {
  const bothMs = Math.min(a.toMs, b.toMs) - Math.max(a.fromMs, b.fromMs);
  return bothMs > 0.3 * Math.min(a.toMs - a.fromMs, b.toMs - b.fromMs);
}
