/** What is to happen at which instant of virtual time; of one instant in the order in which it was put in. */
export class EventQueue {
  nowMs = 0;
  /** The next one last. */
  readonly #waiting: { readonly atMs: number; readonly run: () => void }[] = [];

  later(ms: number, run: () => void): void {
    const atMs = this.nowMs + ms;
    let [low, high] = [0, this.#waiting.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#waiting[middle]?.atMs ?? 0) >= atMs) low = middle + 1;
      else high = middle;
    }
    while (low > 0 && this.#waiting[low - 1]?.atMs === atMs) low--;
    this.#waiting.splice(low, 0, { atMs, run });
  }

  /** Runs everything that is due within `ms`, and `after` each. */
  pass(ms: number, after: () => void): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = this.#waiting.at(-1);
      if (!next || next.atMs > untilMs) break;
      this.#waiting.pop();
      this.nowMs = next.atMs;
      next.run();
      after();
    }
    this.nowMs = untilMs;
  }
}
