import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import type { ScenarioVerdict } from './judge-scenario.ts';
import { getVoice } from './turn-scenarios.ts';

/**
 * Figures of scenes. Shares are in percent. A reader, where one takes part, is a chat model that judges whether the words
 * are whole.
 */
export interface ScenarioFigures {
  readonly scenes: number;
  readonly cutOffPercent: number;
  /** Median wait, in ms from the end of the last word to the end of the turn. */
  readonly waitMs: number;
  /** Wait, from and to the same instants, that 90 % are at or below. */
  readonly longWaitMs: number;
  /** Median time, in ms from the end of the last word to the answer's first frame. */
  readonly answerMs: number;
  /** Time, from and to the same instants, that 95 % are at or below. */
  readonly longAnswerMs: number;
  /** Share of pauses in which an answer was begun and thrown away. */
  readonly vainPercent: number;
  /** Number of answers whose first frame left when the person had gone on, before the bot noticed. */
  readonly clashes: number;
  /** Number of scenes whose end was not noticed. */
  readonly unended: number;
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

/** Sums up verdicts. Figures without any scene or pause are NaN. */
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
    unended: verdicts.length - waits.length,
  };
}

/** Formats a row for each reader: the figures of all scenes in which it judged the words. */
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
      figures.unended,
    ]),
  );
}

/** Returns whether figures with a reader are no higher than without: cut-offs, and the median and 90 % wait. */
export function isNoWorse(
  withReader: ScenarioFigures,
  withoutReader: ScenarioFigures,
): boolean {
  return (['cutOffPercent', 'waitMs', 'longWaitMs'] as const).every(
    (key) => withReader[key] <= withoutReader[key],
  );
}

const figureColumns = [
  'reader',
  'scenes',
  'cut off %',
  'wait p50',
  'wait p90',
  'answer p50',
  'in vain %',
  'clashes',
  'unended',
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

/** Formats each target and whether it is met. "With texts": endpointing gets the text of a recogniser in each pause. */
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

/** Formats every cut-off, by length of pause, then the `count` scenes with the longest waits. */
export function formatWorstScenarios(
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
