/** Discord takes 120 gateway messages a minute for all servers of a shard together. */
const [apartMs, joinsPerMinute] = [500, 12];

/** When one server's next op 4 may join: half a second after the last one, twelve joins a minute. */
export class SignalPace {
  #lastMs = Number.NEGATIVE_INFINITY;
  #joinedAtMs: number[] = [];

  /** 0: now. */
  waitMs(atMs: number): number {
    this.#joinedAtMs = this.#joinedAtMs.filter((joined) => atMs - joined < 60_000);
    const first = this.#joinedAtMs.at(-joinsPerMinute) ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, this.#lastMs + apartMs - atMs, first + 60_000 - atMs);
  }

  /** Leaving is never made to wait. */
  sent(what: 'join' | 'leave', atMs: number): void {
    this.#lastMs = atMs;
    if (what === 'join') this.#joinedAtMs.push(atMs);
  }
}
