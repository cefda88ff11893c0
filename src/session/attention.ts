import type { Clock } from '#src/base/clock.ts';

/** For so long after pressing Ask a person needs no name. Source: product, panel. */
export const askWindowMs = 15_000;

/** To whom the bot listens in one stay without being called by its name. */
export class Attention {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** From now on; an open window begins anew. */
  open(personId: string): void {
    const nowMs = this.#clock.nowMs();
    for (const [id, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(id);
    this.#untilMs.set(personId, nowMs + askWindowMs);
  }

  isOpen(personId: string): boolean {
    const untilMs = this.#untilMs.get(personId);
    return untilMs !== undefined && this.#clock.nowMs() < untilMs;
  }
}
