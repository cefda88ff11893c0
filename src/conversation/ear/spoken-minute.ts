/** Length of the minute, in seconds. */
const keptSeconds = 60;

/** How long one person spoke in the last minute. It keeps one number for each second of it, and nothing older. */
export class SpokenMinute {
  /** Spoken ms by whole second of the monotonic clock. */
  readonly #msBySecond = new Map<number, number>();

  /** Adds `ms` of voice that ended at `atMs`. */
  addVoice(atMs: number, ms: number): void {
    const second = toSecond(atMs);
    this.#msBySecond.set(second, (this.#msBySecond.get(second) ?? 0) + ms);
  }

  /** Drops what is older than a minute. */
  expire(atMs: number): void {
    for (const second of this.#msBySecond.keys()) {
      if (second > toSecond(atMs) - keptSeconds) return;
      this.#msBySecond.delete(second);
    }
  }

  /** Sums up the minute before `atMs`, in ms. */
  sumMs(atMs: number): number {
    this.expire(atMs);
    return [...this.#msBySecond.values()].reduce((sum, ms) => sum + ms, 0);
  }
}

function toSecond(atMs: number) {
  return Math.floor(atMs / 1000);
}
