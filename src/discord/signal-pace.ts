/** Discord takes 120 gateway messages a minute for all servers of a shard together. */
const [apartMs, perMinute] = [500, 12];

/** When one server's next op 4 may go out: half a second apart, twelve in any minute. */
export class SignalPace {
  #sentAtMs: number[] = [];

  /** 0: now. */
  waitMs(atMs: number): number {
    this.#sentAtMs = this.#sentAtMs.filter((sent) => atMs - sent < 60_000);
    const last = this.#sentAtMs.at(-1);
    const first = this.#sentAtMs.at(-perMinute);
    const apart = last === undefined ? 0 : last + apartMs - atMs;
    const room = first === undefined ? 0 : first + 60_000 - atMs;
    return Math.max(0, apart, room);
  }

  /** Leaving counts too, but is never made to wait. */
  sent(atMs: number): void {
    this.#sentAtMs.push(atMs);
  }
}
