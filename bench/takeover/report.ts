import { percentile, table } from '#bench/table.ts';
import type { Violation } from '#sandbox/violations.ts';
import type { CommandCount } from './commands.ts';
import type { TakeoverFault, TakeoverRound } from './round.ts';

/** Longest time, in ms, until 95 of 100 people are heard again; `freeze` counts its own 20 s, `gone` is over by then. */
const heardAgainLimitMs: Readonly<Record<TakeoverFault, number>> = {
  kill: 42_000,
  stop: 10_000,
  freeze: 30_000,
  suspend: 90_000,
  cut: 42_000,
  gone: 20_000,
};
/** Limit of `kill` where no other process takes over. */
const restartLimitMs = 10_000;
/** Limit of `stop` where no other process takes over. */
const startLimitMs = 5_000;

/** Longest time, in ms, from SIGTERM to the end of the process. */
const goneLimitMs = 6_000;

export type TakeoverReport = { readonly text: string; readonly failures: readonly string[] };

export function reportOf(
  rounds: readonly TakeoverRound[],
  violations: readonly Violation[],
  isAlone: boolean,
): TakeoverReport {
  const faults = [...new Set(rounds.map(({ fault }) => fault))];
  const rows = faults.map((fault) =>
    rowOf(
      fault,
      rounds.filter((round) => round.fault === fault),
    ),
  );
  const head = [
    'fault',
    'rounds',
    'heard again: p50',
    'p95',
    'longest',
    'answered',
    'named',
    'neither',
    'gone after',
    'commands',
    'lost',
  ];
  const kinds = violations.map((violation) => {
    const { kind, guildId, atMs } = violation;
    const by = violation.kind === 'answered-twice' ? ` by ${violation.by.join(' and ')}` : '';
    return `${kind}${by} in ${guildId} at ${Math.round(atMs)} ms`;
  });
  const failures = [
    ...faults.flatMap((fault) =>
      failuresOf(
        fault,
        rounds.filter((round) => round.fault === fault),
        isAlone,
      ),
    ),
    ...kinds,
  ];
  return { text: `${table(head, rows)}\nviolations: ${violations.length}`, failures };
}

function rowOf(fault: TakeoverFault, rounds: readonly TakeoverRound[]): readonly string[] {
  const heardMs = timesOf(rounds);
  const count = (outcome: TakeoverRound['question']) =>
    `${rounds.filter(({ question }) => question === outcome).length}`;
  return [
    fault,
    `${rounds.length}`,
    seconds(percentile(heardMs, 0.5)),
    seconds(percentile(heardMs, 0.95)),
    seconds(Math.max(...heardMs)),
    count('answered'),
    count('named as lost'),
    count('neither'),
    stopsOf(rounds).length === 0 ? '' : seconds(Math.max(...stopsOf(rounds))),
    `${sum(rounds, 'sent')}`,
    `${sum(rounds, 'lost')}`,
  ];
}

function failuresOf(
  fault: TakeoverFault,
  rounds: readonly TakeoverRound[],
  isAlone: boolean,
): readonly string[] {
  const aloneLimitsMs: Partial<typeof heardAgainLimitMs> = {
    kill: restartLimitMs,
    stop: startLimitMs,
  };
  const limitMs = (isAlone ? aloneLimitsMs[fault] : undefined) ?? heardAgainLimitMs[fault];
  const lost = rounds.filter(({ question }) => question === 'neither').length;
  const p95 = percentile(timesOf(rounds), 0.95);
  return [
    ...(p95 <= limitMs
      ? []
      : [`${fault}: heard again after ${seconds(p95)} (p95), not ${seconds(limitMs)}`]),
    ...(stopsOf(rounds).every((ms) => ms <= goneLimitMs)
      ? []
      : [
          `${fault}: gone after ${seconds(Math.max(...stopsOf(rounds)))}, not ${seconds(goneLimitMs)}`,
        ]),
    ...(sum(rounds, 'lost') === 0 ? [] : [`${fault}: ${sum(rounds, 'lost')} commands lost`]),
    ...(lost === 0 ? [] : [`${fault}: ${lost} questions neither answered nor named as lost`]),
  ];
}

/** Who was never heard again waits for ever. */
function timesOf(rounds: readonly TakeoverRound[]): readonly number[] {
  return rounds.map(({ heardAgainMs }) => heardAgainMs ?? Number.POSITIVE_INFINITY);
}

function stopsOf(rounds: readonly TakeoverRound[]): readonly number[] {
  return rounds.flatMap(({ goneMs }) => (goneMs === undefined ? [] : [goneMs]));
}

function sum(rounds: readonly TakeoverRound[], what: keyof CommandCount): number {
  return rounds.reduce((total, { commands }) => total + (commands?.[what] ?? 0), 0);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
