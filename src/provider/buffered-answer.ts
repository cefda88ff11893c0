/** When an answer that was asked to stream counts as buffered: as if a proxy had kept it until its end. */
type BufferingRules = {
  /** Least wait for the first piece, in ms: below it nobody misses anything. */
  readonly leastWaitMs: number;
  /** Longest wait for all further pieces together, in ms. */
  readonly mostLaterWaitMs: number;
  /** Time, in ms, after which a reader that asks for no piece counts as slow: what piles up meanwhile proves nothing. */
  readonly slowReaderMs: number;
  /** Least bytes before the reader was slow: less may be one piece of a stream. */
  readonly leastBytes: { readonly sound: number; readonly events: number };
};

const bufferingRules: BufferingRules = {
  leastWaitMs: 1_000,
  mostLaterWaitMs: 50,
  slowReaderMs: 50,
  leastBytes: { sound: 16_384, events: 4_096 },
};

/** Watches over one answer that was asked to stream, and tells if it came as one block after a wait. */
export class BufferedAnswer {
  readonly #kind: keyof BufferingRules['leastBytes'];
  readonly #sentAtMs: number;
  readonly #onBuffered: () => void;
  #firstWaitMs: number | undefined;
  #laterWaitMs = 0;
  #lastAtMs = 0;
  #isReaderSlow = false;
  #bytes = 0;

  /** `onBuffered` is called at the end of an answer that came as one block after a wait. */
  constructor(kind: keyof BufferingRules['leastBytes'], sentAtMs: number, onBuffered: () => void) {
    this.#kind = kind;
    this.#sentAtMs = sentAtMs;
    this.#onBuffered = onBuffered;
  }

  /** A piece of the body was waited for from `fromMs` and came at `atMs`. */
  piece(bytes: number, fromMs: number, atMs: number): void {
    if (this.#firstWaitMs === undefined) this.#firstWaitMs = atMs - this.#sentAtMs;
    else {
      this.#laterWaitMs += atMs - fromMs;
      this.#isReaderSlow ||= fromMs - this.#lastAtMs > bufferingRules.slowReaderMs;
    }
    if (!this.#isReaderSlow) this.#bytes += bytes;
    this.#lastAtMs = atMs;
  }

  /** Nothing more comes, or is read. */
  end(): void {
    const { leastBytes, leastWaitMs, mostLaterWaitMs } = bufferingRules;
    const hasWaited = (this.#firstWaitMs ?? 0) >= leastWaitMs;
    const cameAtOnce = this.#laterWaitMs <= mostLaterWaitMs;
    if (hasWaited && cameAtOnce && this.#bytes >= leastBytes[this.#kind]) this.#onBuffered();
  }
}
