/** Answers kept at a time; the oldest goes first. */
const mostKept = 1_000;
/** Time, in ms, that an answer is known by its id: as long as OpenAI's. */
const keptMs = 3_600_000;

type KeptAnswer = { readonly text: string; readonly untilWallMs: number; readonly payerId: string };

/** Words of spoken answers, in memory, so that a program may name one by its id in its next request. */
export class SpokenAnswers {
  readonly #clock: { wallMs(): number };
  readonly #kept = new Map<string, KeptAnswer>();

  constructor(clock: { wallMs(): number }) {
    this.#clock = clock;
  }

  /** Instants, in s since 1970, of an answer that is given now, and at which it will be forgotten. */
  times() {
    const nowMs = this.#clock.wallMs();
    return { created: Math.floor(nowMs / 1_000), expiresAt: Math.floor((nowMs + keptMs) / 1_000) };
  }

  keep(id: string, payerId: string, text: string): void {
    this.#kept.set(id, { text, payerId, untilWallMs: this.#clock.wallMs() + keptMs });
    for (const [oldest, { untilWallMs }] of this.#kept) {
      if (this.#kept.size <= mostKept && untilWallMs > this.#clock.wallMs()) return;
      this.#kept.delete(oldest);
    }
  }

  /** The words of an answer that this token was given; undefined where it is not known any more. */
  textOf(id: string, payerId: string): string | undefined {
    const kept = this.#kept.get(id);
    if (kept?.payerId !== payerId) return undefined;
    return kept.untilWallMs > this.#clock.wallMs() ? kept.text : undefined;
  }
}
