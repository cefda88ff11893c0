/** Sound of one speaker, in ms, that may arrive ahead of real time: what piles up on the way comes at once. */
const mostAheadMs = 2_000;

/** Rate limit of the sound that each person sends: one second in a second. */
export class SoundRate {
  /** Until when each person's sound would last if it were played as it came. */
  readonly #untilMs = new Map<string, number>();

  /** Whether what comes now is to be dropped. */
  isAhead(speakerId: string, atMs: number): boolean {
    return (this.#untilMs.get(speakerId) ?? atMs) - atMs > mostAheadMs;
  }

  add(speakerId: string, lengthMs: number, atMs: number): void {
    const fromMs = Math.max(atMs, this.#untilMs.get(speakerId) ?? atMs);
    this.#untilMs.set(speakerId, fromMs + lengthMs);
  }

  clear(): void {
    this.#untilMs.clear();
  }
}
