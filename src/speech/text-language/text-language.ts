import { readFile } from 'node:fs/promises';
import type { DetectedLanguage, LanguageNgrams } from './language-ngrams.ts';

/** Detects the language of a text, where a recogniser does not report it. */
export interface TextLanguageDetector {
  /**
   * `among`: only these, BCP 47; empty: all known ones. Undefined where the text holds no word of them, or the data
   * cannot be loaded. Loads its data on first use. Never rejects.
   */
  detect(text: string, among: readonly string[]): Promise<DetectedLanguage | undefined>;
}

const place = new URL('./ngrams.txt', import.meta.url);

/** A detector by n-grams in 26 languages; about 1.8 MB once it was asked. */
export function openTextLanguage(): TextLanguageDetector {
  let loading: Promise<LanguageNgrams> | undefined;
  const load = async (): Promise<LanguageNgrams> => {
    const [{ readLanguageNgrams }, text] = await Promise.all([
      import('./language-ngrams.ts'),
      readFile(place, 'utf8'),
    ]);
    return readLanguageNgrams(text);
  };
  return {
    async detect(text, among) {
      loading ??= load();
      try {
        return (await loading).detect(text, among);
      } catch {
        loading = undefined; // the next call tries again
        return undefined;
      }
    },
  };
}
