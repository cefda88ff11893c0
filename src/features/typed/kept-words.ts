import type { Clock } from '#src/base/clock.ts';

type KeptText = { readonly words: Promise<string>; readonly stopTimer: () => void };

/** Time, in ms since their last use, after which words are dropped. */
export const keptWordsMs = 15 * 60_000;
/** Most texts; beyond them the one that was not used for longest is dropped. */
const mostTexts = 1_000;

export type KeptWords = ReturnType<typeof keptWords>;

/**
 * Words of the sounds that programs sent and of the answers that they heard, in memory only. A key begins with a server and a token,
 * which finds no others.
 *
 *     const words = await kept.words(`${guildId} ${token} ${hash}`, () => recognise(sound));
 */
export function keptWords(clock: Pick<Clock, 'later'>) {
  const texts = new Map<string, KeptText>();

  /** Words kept under this key, which count as used. Rejects with the error of their making. */
  function find(key: string): Promise<string> | undefined {
    const kept = texts.get(key);
    if (kept) keep(key, kept.words);
    return kept?.words;
  }

  /** Words kept under this key, else those that `make` makes, for all who ask meanwhile. Errors: those of `make`. */
  async function words(key: string, make: () => Promise<string>): Promise<string> {
    const own = find(key)?.catch(make) ?? make(); // whoever waited in vain makes them
    keep(key, own);
    return await own;
  }

  /** A failure is not kept. */
  function keep(key: string, words: Promise<string>): void {
    forget(key);
    const drop = () => {
      if (texts.get(key)?.words === words) forget(key);
    };
    texts.set(key, { words, stopTimer: clock.later(keptWordsMs, drop) });
    words.catch(drop);
    const [oldest] = texts.keys();
    if (texts.size > mostTexts && oldest !== undefined) forget(oldest);
  }

  /** Drops all whose key begins so: those of a token, of a server (`guildId` and a space), or one. */
  function forget(start = ''): void {
    for (const [key, { stopTimer }] of texts) {
      if (!key.startsWith(start)) continue;
      stopTimer();
      texts.delete(key);
    }
  }

  return { find, words, keep, forget };
}
