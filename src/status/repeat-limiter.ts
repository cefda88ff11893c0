export type LimiterTiming = {
  /** Monotonic. */
  nowMs(): number;
  /** Calls `run` once after `ms`, without keeping the process alive for it. */
  later(ms: number, run: () => void): void;
};

/** Least time, in ms, between two equal lines of the log. */
const apartMs = 60_000;
/** Different lines that are remembered; beyond it the oldest is forgotten, and may be written again. */
const mostKeys = 500;

type LimitedLine = { readonly writtenAtMs: number; heldBack: number; last: () => void };

/** Writes the same line at most once a minute; the last one that was held back is written at the end of its minute. */
export class RepeatLimiter {
  readonly #timing: LimiterTiming;
  readonly #lines = new Map<string, LimitedLine>();

  constructor(timing: LimiterTiming) {
    this.#timing = timing;
  }

  /** `write` may be called again later, with how many were held back until then. */
  take(key: string, write: (heldBack: number) => void): void {
    const line = this.#lines.get(key);
    if (line && this.#timing.nowMs() - line.writtenAtMs < apartMs) {
      line.heldBack++;
      line.last = () => write(line.heldBack - 1);
      return;
    }
    this.#write(key, () => write(0));
  }

  #write(key: string, write: () => void): void {
    const writtenAtMs = this.#timing.nowMs();
    const line: LimitedLine = { writtenAtMs, heldBack: 0, last: () => undefined };
    this.#lines.delete(key);
    this.#lines.set(key, line);
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > mostKeys && oldest !== undefined) this.#lines.delete(oldest);
    this.#timing.later(apartMs, () => this.#over(key, line));
    write();
  }

  #over(key: string, line: LimitedLine): void {
    if (this.#lines.get(key) !== line) return;
    if (line.heldBack === 0) this.#lines.delete(key);
    else this.#write(key, line.last);
  }
}
