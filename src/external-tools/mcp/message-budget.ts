/** What a server may send. */
export type MessageLimits = {
  /** Of one message. */
  readonly messageBytes: number;
  /** Of all in one window. */
  readonly windowBytes: number;
  readonly windowLines: number;
  readonly windowMs: number;
};

/** Two thousand lines in ten seconds are far above what progress and results need, and far below what delays speech. */
export const messageLimits: MessageLimits = {
  messageBytes: 4 * 2 ** 20,
  windowBytes: 16 * 2 ** 20,
  windowLines: 2_000,
  windowMs: 10_000,
};

/** Counts what a server sends, in windows of time. */
export class MessageBudget {
  readonly #limits: MessageLimits;
  #fromMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #lines = 0;

  constructor(limits: MessageLimits = messageLimits) {
    this.#limits = limits;
  }

  /** False where this is more than it may send. */
  take(bytes: number, lines: number, atMs: number): boolean {
    const { windowBytes, windowLines, windowMs } = this.#limits;
    if (atMs - this.#fromMs >= windowMs) {
      this.#fromMs = atMs;
      this.#bytes = 0;
      this.#lines = 0;
    }
    this.#bytes += bytes;
    this.#lines += lines;
    return this.#bytes <= windowBytes && this.#lines <= windowLines;
  }
}
