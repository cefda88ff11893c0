import type { Clock } from '#src/base/clock.ts';
import type { CaptionNewsId } from './budget-authority.ts';
import type { StepNotice } from './budget-steps.ts';
import { dayOf } from './calendar.ts';

type What = StepNotice['key'] | 'captions' | 'quiet' | 'user' | CaptionNewsId;

/**
 * Notices of budgets already sent: each once a day in a server, or once a day to a person. Forgotten at midnight and at
 * the end.
 */
export class BudgetNotices {
  readonly #clock: Pick<Clock, 'wallMs'>;
  #day = '';
  #told = new Set<string>();

  constructor(clock: Pick<Clock, 'wallMs'>) {
    this.#clock = clock;
  }

  /** True the first time; from then on it is told. */
  first(guildId: string, what: What, personId = ''): boolean {
    const today = dayOf(this.#clock.wallMs());
    if (today !== this.#day) this.#told.clear();
    this.#day = today;
    const key = keyOf(guildId, what, personId);
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }

  forget(guildId: string, personId: string): void {
    this.#told.delete(keyOf(guildId, 'user', personId));
  }
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
