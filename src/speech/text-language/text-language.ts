import { readFile } from 'node:fs/promises';
import type { DetectedLanguage, LanguageNgrams } from './language-ngrams.ts';

/** Detects the language of a text that comes without one. */
export interface TextLanguageDetector {
  /**
   * Detects a language (BCP 47) of `among`, or any if that is empty. Undefined without a known word or the data.
   * Never rejects.
   */
  detect(text: string, among: readonly string[]): Promise<DetectedLanguage | undefined>;
}

const ngramsFile = new URL('./ngrams.txt', import.meta.url);

/** Creates a detector of 26 languages by n-grams, about 1.8 MB after the first use. */
export function createTextLanguageDetector(): TextLanguageDetector {
  let loading: Promise<LanguageNgrams> | undefined;
  const load = async () => {
    const [{ parseLanguageNgrams }, text] = await Promise.all([
      import('./language-ngrams.ts'),
      readFile(ngramsFile, 'utf8'),
    ]);
    return parseLanguageNgrams(text);
  };
  return {
    async detect(text, among) {
      loading ??= load();
      try {
        return (await loading).detect(text, among);
      } catch {
        loading = undefined; // The next call tries again.
        return undefined;
      }
    },
  };
}
