import type { Clock } from '#src/base/clock.ts';
import { dayOf } from '#src/spending/calendar.ts';
import type { DaySum, SpendingStore } from '#src/spending/spending-store.ts';

/** Spending of servers by day. */
export type SpendingDays = Pick<SpendingStore, 'byDay' | 'byServer'>;

type Sums = Omit<DaySum, 'day'>;

/** Sums as the page shows them; minutes are those without a known price, `requests` the number of such requests. */
type ShownSums = {
  readonly usd: number;
  readonly minutes: number;
  readonly answers: number;
  readonly requests: number;
};

/** Spending of each of the last days, oldest first, also of those without any. */
export type ShownDay = ShownSums & { readonly day: string };

/** Spending of one server in the last days. */
export type ShownServer = ShownSums & { readonly guildId: string; readonly guildName?: string };

/** Facts about the servers that spent something. */
export type SpendingFacts = {
  readonly spending: SpendingDays;
  servers(): readonly { readonly guildId: string; readonly guildName: string }[];
};

/** Number of days shown, the present one included. */
const shownDays = 90;
const dayMs = 86_400_000;
/** Time by which the zone whose dates come first is ahead of UTC (Pacific/Kiritimati). */
const mostAheadMs = 14 * 3_600_000;

/**
 * Spending of the last 90 days for the page, from the store of all processes. A day is that of a server's budgets, in its time
 * zone. Errors: BotError `store.unreadable`.
 */
export class SpendingPage {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #facts: () => SpendingFacts | undefined;

  constructor(clock: Pick<Clock, 'wallMs'>, facts: () => SpendingFacts | undefined) {
    this.#clock = clock;
    this.#facts = facts;
  }

  /** Days of one server, or of all together. */
  async days(guildId?: string): Promise<readonly ShownDay[]> {
    const days = await this.#days();
    const known = await this.#facts()?.spending.byDay(rangeOf(days), guildId);
    const sums = new Map(known?.map((sum) => [sum.day, sum]));
    return days.map((day) => ({ day, ...shown(sums.get(day) ?? nothing) }));
  }

  /** Sums of each server that spent something. */
  async servers(): Promise<readonly ShownServer[]> {
    const names = this.#names();
    const range = rangeOf(await this.#days());
    const sums = (await this.#facts()?.spending.byServer(range)) ?? [];
    return sums.map(({ guildId, ...sum }) => {
      const guildName = names.get(guildId);
      return { guildId, ...(guildName !== undefined && { guildName }), ...shown(sum) };
    });
  }

  /** CSV (RFC 4180) of these days, a line for each server and day with spending, in pieces: of one server, or of all. */
  async *csv(guildId?: string): AsyncGenerator<string> {
    yield csvLine(['day', 'server_id', 'server', 'usd', 'minutes', 'answers', 'unpriced_requests']);
    const { spending } = this.#facts() ?? {};
    if (!spending) return;
    const range = rangeOf(await this.#days());
    const names = this.#names();
    const ids =
      guildId === undefined
        ? (await spending.byServer(range)).map((sum) => sum.guildId).toSorted()
        : [guildId];
    for (const id of ids) {
      const days = await spending.byDay(range, id);
      const line = ({ day, ...sum }: DaySum) =>
        csvLine([day, id, names.get(id) ?? '', ...cellsOf(sum)]);
      yield days.map(line).join('');
    }
  }

  #names(): ReadonlyMap<string, string> {
    const servers = this.#facts()?.servers() ?? [];
    return new Map(servers.map(({ guildId, guildName }) => [guildId, guildName]));
  }

  /** The present date is that of UTC, or the next one where a server has spent something on it. */
  async #days(): Promise<readonly string[]> {
    const nowMs = this.#clock.wallMs();
    const [utc, ahead] = [dayOf(nowMs), dayOf(nowMs + mostAheadMs)];
    const range = { from: ahead, to: ahead };
    const sums = ahead === utc ? [] : await this.#facts()?.spending.byDay(range);
    const today = Date.parse(sums?.length ? ahead : utc);
    return Array.from({ length: shownDays }, (_, n) => dayOf(today - (shownDays - 1 - n) * dayMs));
  }
}

const nothing: Sums = { nanoUsd: 0, ms: 0, turns: 0, unpriced: 0 };

function rangeOf(days: readonly string[]) {
  return { from: days[0] ?? '', to: days.at(-1) ?? '' };
}

function shown({ ms, nanoUsd, turns, unpriced }: Sums): ShownSums {
  return { usd: nanoUsd / 1e9, minutes: ms / 60_000, answers: turns, requests: unpriced };
}

function cellsOf({ ms, nanoUsd, turns, unpriced }: Sums): readonly string[] {
  return [(nanoUsd / 1e9).toFixed(9), (ms / 60_000).toFixed(2), `${turns}`, `${unpriced}`];
}

/** A text that a spreadsheet would take as a formula begins with an apostrophe. Source: OWASP, "CSV Injection". */
function csvLine(cells: readonly string[]): string {
  const safe = cells.map((cell) => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell));
  const quoted = safe.map((cell) =>
    /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
  return `${quoted.join(',')}\r\n`;
}
