import { stat } from 'node:fs/promises';

/** A further one drops the oldest. */
const mostKept = 2_000;

/** Facts about files, each found when it is first wanted and again when the file has changed. */
export class FileFacts<Fact> {
  readonly #find: (path: string, signal: AbortSignal) => Promise<Fact>;
  readonly #known = new Map<string, Fact>();

  constructor(find: (path: string, signal: AbortSignal) => Promise<Fact>) {
    this.#find = find;
  }

  /** Errors: those of `find`, after which nothing is known. */
  async of(path: string, signal: AbortSignal): Promise<Fact> {
    const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 }));
    const key = `${mtimeMs} ${size} ${path}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = await this.#find(path, signal);
    this.#known.set(key, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostKept && oldest !== undefined) this.#known.delete(oldest);
    return found;
  }
}
