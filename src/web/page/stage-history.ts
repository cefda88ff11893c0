import type { Clock } from '#src/base/clock.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import { type Latencies, latencies } from '#src/ops/latency.ts';
import { percentile } from '#src/ops/speed-stats.ts';

/** Times, in ms, from the last voiced packet to each instant of an answer: median and 95th percentile of the turns. */
export type StageFigures = {
  readonly [Stage in keyof Latencies]?: { readonly p50Ms: number; readonly p95Ms: number };
};

/** Five minutes in which something was answered. */
export type StagePeriod = {
  readonly startWallMs: number;
  readonly turns: number;
  readonly stages: StageFigures;
};

type TimedTurn = {
  readonly guildId: string;
  readonly atMs: number;
  readonly latencies: Latencies;
};

/** Turns remembered of the whole process, at most and after the oldest were forgotten. */
const [mostTurns, keptTurns] = [4_000, 3_500];
/** Number of the latest turns that count as "now". */
const latestTurns = 50;
/** Length of a period, and of all of them, in ms. */
const [periodMs, historyMs] = [5 * 60_000, 12 * 3_600_000];

const stages = [
  'endedMs',
  'recognisedMs',
  'firstTokenMs',
  'firstClauseMs',
  'firstSpeechMs',
  'firstSentMs',
] as const satisfies readonly (keyof Latencies)[];

/** Durations of each stage of spoken answers, in memory, for 12 hours or 4,000 turns. Holds no words and no persons. */
export class StageHistory {
  readonly #clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  #turns: TimedTurn[] = [];

  constructor(clock: Pick<Clock, 'nowMs' | 'wallMs'>) {
    this.#clock = clock;
  }

  /** Hears of every event of every session. */
  report(guildId: string, event: SessionEvent): void {
    if (event.kind !== 'answered' || event.typed || event.finish === 'empty') return;
    const atMs = this.#clock.nowMs();
    this.#turns.push({ guildId, atMs, latencies: latencies(event.instants) });
    if (this.#turns.length > mostTurns) this.#turns = this.#turns.slice(-keptTurns);
  }

  /** Figures of the latest 50 turns, in one server or in all. */
  latest(guildId?: string): StageFigures {
    return figures(this.#of(guildId).slice(-latestTurns));
  }

  /** Periods of the last 12 hours, oldest first; those without a turn are left out. */
  periods(guildId?: string): readonly StagePeriod[] {
    const nowMs = this.#clock.nowMs();
    const wallMs = this.#clock.wallMs() - nowMs;
    const recent = this.#of(guildId).filter(({ atMs }) => nowMs - atMs <= historyMs);
    const byPeriod = Map.groupBy(recent, ({ atMs }) => Math.floor((wallMs + atMs) / periodMs));
    return [...byPeriod].map(([number, turns]) => ({
      startWallMs: number * periodMs,
      turns: turns.length,
      stages: figures(turns),
    }));
  }

  #of(guildId: string | undefined): readonly TimedTurn[] {
    if (guildId === undefined) return this.#turns;
    return this.#turns.filter((turn) => turn.guildId === guildId);
  }
}

function figures(turns: readonly TimedTurn[]): StageFigures {
  const found = stages.flatMap((stage) => {
    const sorted = turns
      .flatMap((turn) => turn.latencies[stage] ?? [])
      .sort((one, other) => one - other);
    if (sorted.length === 0) return [];
    return [[stage, { p50Ms: percentile(sorted, 0.5), p95Ms: percentile(sorted, 0.95) }] as const];
  });
  return Object.fromEntries(found);
}
