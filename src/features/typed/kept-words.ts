import type { Clock } from '#src/base/clock.ts';

type KeptText = { readonly words: Promise<string>; readonly stopTimer: () => void };

export const keptWordsMs = 15 * 60_000;
/** One more drops the text unused for longest. */
const maxTexts = 1_000;

export type KeptWords = ReturnType<typeof createKeptWords>;

/**
 * Keeps words of sounds from programs, and of answers to them, in memory. The prefix of a key is server and token, so that a token
 * finds only its own.
 *
 * @example
 * import type { Clock } from '#src/base/clock.ts';
 * import { createKeptWords } from '#src/features/typed/kept-words.ts';
 *
 * declare const clock: Clock;
 * const kept = createKeptWords(clock);
 * const words = await kept.words('server token hash', async () => 'hello');
 */
export function createKeptWords(clock: Pick<Clock, 'later'>) {
  const texts = new Map<string, KeptText>();

  /** Finds words and keeps them longer. Rejects with the error of the maker. */
  function findWords(key: string) {
    const kept = texts.get(key);
    if (kept) keepWords(key, kept.words);
    return kept?.words;
  }

  /** Returns kept words, or makes them once for concurrent callers. */
  function getWords(key: string, make: () => Promise<string>) {
    // A waiting caller makes the words after a failure.
    const own = texts.get(key)?.words.catch(make) ?? make();
    keepWords(key, own);
    return own;
  }

  function keepWords(key: string, words: Promise<string>) {
    dropWords(key);
    const dropIfUnchanged = () => {
      // The timer of an older text must not drop a newer one.
      if (texts.get(key)?.words === words) dropWords(key);
    };
    texts.set(key, { words, stopTimer: clock.later(keptWordsMs, dropIfUnchanged) });
    words.catch(dropIfUnchanged);
    const [oldest = key] = texts.keys();
    if (texts.size > maxTexts) dropWords(oldest);
  }

  function dropWords(key: string) {
    texts.get(key)?.stopTimer();
    texts.delete(key);
  }

  /** Forgets words with a key that begins with `start`: a token, or a server with a space. */
  function forgetWords(start = '') {
    for (const key of [...texts.keys()]) if (key.startsWith(start)) dropWords(key);
  }

  return { find: findWords, words: getWords, keep: keepWords, forget: forgetWords };
}
