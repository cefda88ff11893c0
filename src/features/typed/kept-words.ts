import type { Clock } from '#src/base/clock.ts';

type KeptText = { readonly words: Promise<string>; readonly stopTimer: () => void };

/** Time, in ms since their last use, after which words are dropped. */
export const keptWordsMs = 15 * 60_000;
/** Most texts; beyond them the one that was not used for longest is dropped. */
const maxTexts = 1_000;

export type KeptWords = ReturnType<typeof createKeptWords>;

/**
 * Words of the sounds that programs sent and of the answers that they heard, in memory only. A key begins with a server and a token,
 * which finds no others.
 *
 *     const words = await kept.words(`${guildId} ${token} ${hash}`, () => recognise(sound));
 */
export function createKeptWords(clock: Pick<Clock, 'later'>) {
  const texts = new Map<string, KeptText>();

  /** Words kept under this key, which count as used. Rejects with the error of their making. */
  function findWords(key: string): Promise<string> | undefined {
    const kept = texts.get(key);
    if (kept) keepWords(key, kept.words);
    return kept?.words;
  }

  /** Words kept under this key, else those that `make` makes, for all who ask meanwhile. Errors: those of `make`. */
  function getWords(key: string, make: () => Promise<string>): Promise<string> {
    const own = texts.get(key)?.words.catch(make) ?? make(); // whoever waited in vain makes them
    keepWords(key, own);
    return own;
  }

  /** A failure is not kept. */
  function keepWords(key: string, getWords: Promise<string>) {
    dropWords(key);
    const dropIfUnchanged = () => {
      if (texts.get(key)?.words === getWords) dropWords(key);
    };
    texts.set(key, { words: getWords, stopTimer: clock.later(keptWordsMs, dropIfUnchanged) });
    getWords.catch(dropIfUnchanged);
    const [oldest = key] = texts.keys();
    if (texts.size > maxTexts) dropWords(oldest);
  }

  function dropWords(key: string) {
    texts.get(key)?.stopTimer();
    texts.delete(key);
  }

  /** Drops all whose key begins so: those of a token, or of a server (`guildId` and a space). */
  function forgetWords(start = '') {
    for (const key of [...texts.keys()]) if (key.startsWith(start)) dropWords(key);
  }

  return { find: findWords, words: getWords, keep: keepWords, forget: forgetWords };
}
