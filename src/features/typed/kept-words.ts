import type { Clock } from '#src/base/clock.ts';

type KeptText = { readonly text: Promise<string>; readonly stopTimer: () => void };

/** A text is kept this long after its last use. */
export const keptWordsMs: number = 15 * 60_000;
/** One more drops the text unused for longest. */
const maxTexts = 1_000;

/**
 * Keeps words of sounds from programs, and of answers to them, in memory. The prefix of a key is server and token, so that a token
 * finds only its own.
 *
 * @example
 * import type { Clock } from '#src/base/clock.ts';
 * import { KeptWords } from '#src/features/typed/kept-words.ts';
 *
 * declare const clock: Clock;
 * const keptWords = new KeptWords(clock);
 * const words = await keptWords.getOrMake('server token hash', async () => 'hello');
 */
export class KeptWords {
  readonly #clock: Pick<Clock, 'later'>;
  readonly #texts = new Map<string, KeptText>();

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /** Finds words and keeps them longer. Rejects with the error of the maker. */
  find(key: string): Promise<string> | undefined {
    const entry = this.#texts.get(key);
    if (!entry) return undefined;
    this.keep(key, entry.text);
    return entry.text;
  }

  /** Returns kept words, or makes them once for concurrent callers. */
  getOrMake(key: string, make: () => Promise<string>): Promise<string> {
    // A waiting caller makes the words after a failure.
    const text = this.#texts.get(key)?.text.catch(make) ?? make();
    this.keep(key, text);
    return text;
  }

  /** Keeps words in place of those with the same key. Words that fail are dropped. */
  keep(key: string, text: Promise<string>): void {
    this.#drop(key);
    const dropIfUnchanged = () => {
      // The timer of an older text must not drop a newer one.
      if (this.#texts.get(key)?.text === text) this.#drop(key);
    };
    this.#texts.set(key, {
      text,
      stopTimer: this.#clock.later(keptWordsMs, dropIfUnchanged),
    });
    text.catch(dropIfUnchanged);
    const [oldestKey = key] = this.#texts.keys();
    if (this.#texts.size > maxTexts) this.#drop(oldestKey);
  }

  /** Forgets words with a key that begins with `prefix`: a token, or a server with a space. */
  forget(prefix: string = ''): void {
    for (const key of [...this.#texts.keys()])
      if (key.startsWith(prefix)) this.#drop(key);
  }

  #drop(key: string) {
    this.#texts.get(key)?.stopTimer();
    this.#texts.delete(key);
  }
}
