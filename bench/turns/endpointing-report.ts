import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import type { ScenarioVerdict } from './judge-scenario.ts';
import { getVoice } from './turn-scenarios.ts';

/** Figures of scenes. Shares are in percent. */
export interface ScenarioFigures {
  readonly scenes: number;
  readonly cutOffPercent: number;
  /** Median wait for the end of the turn, in ms. */
  readonly waitMs: number;
  /** Wait that 90 % are at or below, in ms. */
  readonly longWaitMs: number;
  /** Median time until the answer, in ms. */
  readonly answerMs: number;
  /** Time until the answer that 95 % are at or below, in ms. */
  readonly longAnswerMs: number;
  /** Share of pauses in which an answer was begun and thrown away. */
  readonly vainPercent: number;
  readonly clashes: number;
  /** Number of scenes whose end was not noticed. */
  readonly unheard: number;
}

/** Figures that the targets limit. */
export type ReachedTargets = Readonly<Record<keyof typeof targets, number>>;

/** Title and limit of each target. */
const targets = {
  cutOffPercent: ['% of scenes cut off', 8],
  waitMs: ['wait, median', 350],
  clauseLongWaitMs: ['one clause: wait, 90 %', 400],
  gateAnswerMs: ['one clause, gate: answer, median', 440],
  gateLongAnswerMs: ['one clause, gate: answer, 95 %', 520],
  vainPercent: ['% of pauses in vain', 12],
} as const;

/** Sums up verdicts. */
export function toFigures(verdicts: readonly ScenarioVerdict[]): ScenarioFigures {
  const waits = verdicts.flatMap(({ waitMs }) => waitMs ?? []);
  const answers = verdicts.flatMap(({ answerMs }) => answerMs ?? []);
  const cutVerdicts = verdicts.filter(({ cutOffs }) => cutOffs.length > 0);
  const sumCounts = (key: 'vain' | 'pauses' | 'clashes') =>
    sumValues(verdicts, (verdict) => verdict[key]);
  return {
    scenes: verdicts.length,
    cutOffPercent: (100 * cutVerdicts.length) / verdicts.length,
    waitMs: findPercentile(waits, 0.5),
    longWaitMs: findPercentile(waits, 0.9),
    answerMs: findPercentile(answers, 0.5),
    longAnswerMs: findPercentile(answers, 0.95),
    vainPercent: (100 * sumCounts('vain')) / sumCounts('pauses'),
    clashes: sumCounts('clashes'),
    unheard: verdicts.length - waits.length,
  };
}

/** Formats a row for all scenes as each reader judged them. */
export function formatFigures(
  rows: readonly (readonly [reader: string, figures: ScenarioFigures])[],
): string {
  return formatTable(
    figureColumns,
    rows.map(([reader, figures]) => [
      reader,
      figures.scenes,
      figures.cutOffPercent.toFixed(1),
      figures.waitMs,
      figures.longWaitMs,
      figures.answerMs,
      figures.vainPercent.toFixed(1),
      figures.clashes,
      figures.unheard,
    ]),
  );
}

/** Returns whether a reader cuts off nobody more than none does, and keeps nobody waiting longer. */
export function isNoWorse(
  withReader: ScenarioFigures,
  withoutReader: ScenarioFigures,
): boolean {
  return (['cutOffPercent', 'waitMs', 'longWaitMs'] as const).every(
    (key) => withReader[key] <= withoutReader[key],
  );
}

const figureColumns = [
  'judge of words',
  'scenes',
  'cut off %',
  'wait p50',
  'wait p90',
  'answer p50',
  'in vain %',
  'clashes',
  'unheard',
];

/** Sums up the figures that the targets limit. */
export function toReachedTargets(verdicts: readonly ScenarioVerdict[]): ReachedTargets {
  const clauses = verdicts.filter(({ scenario }) => scenario.kind === 'one');
  const figures = toFigures(verdicts);
  const gate = toFigures(clauses.filter(({ scenario }) => scenario.profile === 'gate'));
  return {
    cutOffPercent: figures.cutOffPercent,
    waitMs: figures.waitMs,
    clauseLongWaitMs: toFigures(clauses).longWaitMs,
    gateAnswerMs: gate.answerMs,
    gateLongAnswerMs: gate.longAnswerMs,
    vainPercent: figures.vainPercent,
  };
}

const keys = Object.keys(targets) as (keyof typeof targets)[];

/** Returns whether every target is met. */
export function meetsTargets(reached: ReachedTargets): boolean {
  return keys.every((key) => reached[key] <= targets[key][1]);
}

/** Formats each target and whether it is met. */
export function formatTargets(reached: ReachedTargets): string {
  return formatTable(
    ['target with texts', 'at most', 'reached', ''],
    keys.map((key) => [
      ...targets[key],
      reached[key].toFixed(key.endsWith('Percent') ? 1 : 0),
      reached[key] <= targets[key][1] ? 'met' : 'NOT MET',
    ]),
  );
}

/** Formats every cut-off, the longest pauses last, and the longest waits. */
export function listWorstScenarios(
  verdicts: readonly ScenarioVerdict[],
  count: number,
): string {
  const cutRows = verdicts
    .flatMap((verdict) => verdict.cutOffs.map((cutOff) => ({ verdict, cutOff })))
    .sort((a, b) => a.cutOff.pauseMs - b.cutOff.pauseMs)
    .map(({ verdict, cutOff: { spokenText, pauseMs, endedMs, frameMs } }) => [
      ...listNames(verdict),
      `pause ${pauseMs}`,
      `ended ${endedMs}`,
      `frame ${frameMs}`,
      `${spokenText} |${verdict.text.slice(spokenText.length)}`,
    ]);
  const slowRows = verdicts
    .toSorted((a, b) => (b.waitMs ?? 1e6) - (a.waitMs ?? 1e6))
    .slice(0, count)
    .map((verdict) => [
      ...listNames(verdict),
      `wait ${verdict.waitMs}`,
      `answer ${verdict.answerMs}`,
      '',
      verdict.text,
    ]);
  const columnNames = ['scene', 'microphone', 'voice', 'ms', '', '', 'text'];
  return formatTable(columnNames, [...cutRows, ...slowRows]);
}

function listNames({ scenario }: ScenarioVerdict) {
  return [scenario.id, scenario.profile, getVoice(scenario)];
}
