import { readFile } from 'node:fs/promises';
import type { DetectedLanguage, LanguageNgrams } from './language-ngrams.ts';

/** Detects the language of a text that comes without one. */
export interface TextLanguageDetector {
  /**
   * `among` limits the languages (BCP 47), unless empty. Undefined without a known word, or if the data cannot be
   * loaded. Never rejects.
   */
  detect(text: string, among: readonly string[]): Promise<DetectedLanguage | undefined>;
}

const ngramsFile = new URL('./ngrams.txt', import.meta.url);

/** 26 languages by n-grams, about 1.8 MB after the first use. */
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
