const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: 'UTC', dateStyle: 'short' });
const dayMs = 86_400_000;

/** Days and months are those of UTC, where a server has no time zone of its own: `2026-11-20` and `2026-11`. */
export function dayOf(wallMs: number): string {
  return calendar.format(wallMs);
}

/** Calendar days like `dayOf`, worked out once for each day. */
export class Calendar {
  #day = '';
  #fromMs = 0;
  #toMs = 0;

  dayOf(wallMs: number): string {
    if (wallMs < this.#fromMs || wallMs >= this.#toMs) {
      this.#day = dayOf(wallMs);
      this.#toMs = nextDayMs(wallMs);
      this.#fromMs = this.#toMs - dayMs;
    }
    return this.#day;
  }
}

export function monthOf(day: string): string {
  return day.slice(0, 7);
}

/** When the next day begins. */
export function nextDayMs(wallMs: number): number {
  return (Math.floor(wallMs / dayMs) + 1) * dayMs;
}

/** When the next month begins. */
export function nextMonthMs(wallMs: number): number {
  const month = monthOf(dayOf(wallMs));
  let atMs = nextDayMs(wallMs);
  while (monthOf(dayOf(atMs)) === month) atMs += dayMs;
  return atMs;
}

/** Beginning of the day, as people read it. */
export function midnightOf(wallMs: number): string {
  return `${dayOf(wallMs)} 00:00 UTC`;
}
