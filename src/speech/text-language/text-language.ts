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

/** Detector of 26 languages by n-grams, about 1.8 MB after the first use. */
export class NgramLanguageDetector implements TextLanguageDetector {
  #loading: Promise<LanguageNgrams> | undefined;

  /** Detects a language. The first call reads the data. */
  async detect(
    text: string,
    among: readonly string[],
  ): Promise<DetectedLanguage | undefined> {
    this.#loading ??= loadNgrams();
    try {
      return (await this.#loading).detectLanguage(text, among);
    } catch {
      this.#loading = undefined; // The next call tries again.
      return undefined;
    }
  }
}

async function loadNgrams() {
  const [{ LanguageNgrams }, text] = await Promise.all([
    import('./language-ngrams.ts'),
    readFile(ngramsFile, 'utf8'),
  ]);
  return LanguageNgrams.parseFile(text);
}
