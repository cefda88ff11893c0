import type { DetectedLanguage } from './language-ngrams.ts';

/** Fewer words are sure only among few languages: "Stop" is a word in twelve. */
const minSureWords = 3;
/** "Toss a coin" is Hungarian rather than English with 0.82. */
const minSureProbability = 0.9;

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
const maxCountedChars = 200;

/** Lists words without numbers, also where they are written together, as in Japanese. Only the first 200 characters count. */
export function listWords(text: string): readonly string[] {
  const counted = text.slice(0, maxCountedChars);
  return [...segmenter.segment(counted)]
    .filter(({ segment, isWordLike }) => isWordLike && /\p{L}/u.test(segment))
    .map(({ segment }) => segment);
}

/** Tests whether a text is long enough to compare all languages. */
export function isLongEnough(text: string, detected: DetectedLanguage): boolean {
  return detected.isOwnScript || listWords(text).length >= minSureWords;
}

/** Tests whether a detected language is sure, in a text that is long enough or among few languages. */
export function isSure(detected: DetectedLanguage | undefined): boolean {
  return detected !== undefined && detected.probability >= minSureProbability;
}
