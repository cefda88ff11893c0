import { toBaseLanguage } from '#src/base/language/expected-language.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import {
  isLongEnough,
  isSure,
  listWords,
  type TextLanguageDetector,
} from '#src/speech/text-language/text-language.ts';

/** A server that demands a language gets this one where nothing is known of the speaker. */
const lastGuess = 'en';
/** A model that does not know the words writes one word at least so many times. */
const minRepetitions = 4;

/** A transcript, and how its text fits the guessed language that the server was told. */
export type Look = {
  readonly transcript: Transcript;
  readonly language: string;
  /** `fits` also for a text that is too short to tell. */
  readonly verdict: 'fits' | 'other' | 'no words';
  /** Language (ISO 639-1) that the text surely has. */
  readonly textLanguage?: string | undefined;
};

/** Chooses the language that a server is told which takes no request without one. */
export function chooseGuess(likely: readonly string[]): string {
  return toBaseLanguage(likely[0] ?? lastGuess);
}

/** Judges whether words are likely in the language that their recogniser was told as a guess. Never rejects. */
export async function judgeLook(
  transcript: Transcript,
  language: string,
  detector: TextLanguageDetector,
): Promise<Look> {
  const { text } = transcript;
  const look = { transcript, language };
  if (!/[\p{L}\p{N}]/u.test(text) || isRepetition(listWords(text)))
    return { ...look, verdict: 'no words' };
  const detected = await detector.detect(text, []);
  const isOther =
    detected !== undefined &&
    isLongEnough(text, detected) &&
    isSure(detected) &&
    detected.language !== language;
  return {
    ...look,
    verdict: isOther ? 'other' : 'fits',
    textLanguage: detected?.language,
  };
}

/** Chooses the language of a second request. Undefined: the first look is good, or there is no other guess. */
export function chooseSecondGuess(
  { language, textLanguage, verdict }: Look,
  likely: readonly string[],
): string | undefined {
  if (verdict === 'fits') return undefined;
  if (verdict === 'other') return textLanguage;
  return [...likely, lastGuess]
    .map(toBaseLanguage)
    .find((candidate) => candidate !== language);
}

/** Chooses the better of two looks. The first counts unless the second fits. */
export function chooseLook(first: Look, second: Look): Transcript {
  return second.verdict === 'fits' ? second.transcript : first.transcript;
}

/** Returns whether a text is one word again and again, as models write of words that they do not know. */
function isRepetition(words: readonly string[]) {
  return words.length >= minRepetitions && new Set(words).size === 1;
}
