import { stat } from 'node:fs/promises';
import type { Clock } from '#src/base/clock.ts';
import type { SoundTags } from '#src/sources/decode/tags.ts';

/** Longest time, in ms, that tags of many files are read for one search: a person waits for it. */
const longestMs = 3_000;
const mostKept = 2_000;

/** Reads the tags of a file of the owner's. Errors: BotError `source.*`. Aborting `signal` throws `signal.reason`. */
export type ReadTags = (path: string, signal: AbortSignal) => Promise<SoundTags>;

/** Titles and artists that files of the library are tagged with, each read when it is first wanted and when it has changed. */
export class SoundTitles {
  readonly #readTags: ReadTags;
  readonly #clock: Clock;
  readonly #known = new Map<string, SoundTags>();

  constructor(readTags: ReadTags, clock: Clock) {
    this.#readTags = readTags;
    this.#clock = clock;
  }

  /** None where they cannot be read. Aborting `signal` throws `signal.reason`. */
  async of(path: string, signal: AbortSignal): Promise<SoundTags> {
    const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 }));
    const key = `${mtimeMs} ${size} ${path}`;
    const known = this.#known.get(key);
    if (known) return known;
    const tags = await this.#read(path, signal);
    this.#known.set(key, tags);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKept && oldest !== undefined) this.#known.delete(oldest);
    return tags;
  }

  /** Titles of many files, in their order; files that were not reached in time are left out, and read by the next call. */
  async ofAll(paths: readonly string[], signal: AbortSignal): Promise<readonly SoundTags[]> {
    const untilMs = this.#clock.nowMs() + longestMs;
    const all: SoundTags[] = [];
    for (const path of paths) {
      if (this.#clock.nowMs() >= untilMs) break;
      all.push(await this.of(path, signal));
    }
    return paths.map((_, at) => all[at] ?? {});
  }

  async #read(path: string, signal: AbortSignal): Promise<SoundTags> {
    try {
      return await this.#readTags(path, signal);
    } catch {
      signal.throwIfAborted();
      return {}; // it ends a decoder: the player reports the error
    }
  }
}
