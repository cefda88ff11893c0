import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import type { ScenarioVerdict } from './judge-scenario.ts';
import { getVoice } from './turn-scenarios.ts';

/** Name and the most of each. */
const targets = {
  cutOffPercent: ['% of scenes cut off', 8],
  waitMs: ['wait, median', 350],
  clauseLongWaitMs: ['one clause: wait, 90 %', 400],
  gateAnswerMs: ['one clause, gate: answer, median', 440],
  gateLongAnswerMs: ['one clause, gate: answer, 95 %', 520],
  vainPercent: ['% of pauses in vain', 12],
} as const;

/** Medians, and 90 % of the waits and 95 % of the answers. */
export function toFigures(verdicts: readonly ScenarioVerdict[]) {
  const waits = verdicts.flatMap(({ waitMs }) => waitMs ?? []);
  const answers = verdicts.flatMap(({ answerMs }) => answerMs ?? []);
  const cut = verdicts.filter(({ cutOffs }) => cutOffs.length > 0);
  const sum = (key: 'vain' | 'pauses' | 'clashes') =>
    sumValues(verdicts, (verdict) => verdict[key]);
  return {
    scenes: verdicts.length,
    cutOffPercent: (100 * cut.length) / verdicts.length,
    waitMs: findPercentile(waits, 0.5),
    longWaitMs: findPercentile(waits, 0.9),
    answerMs: findPercentile(answers, 0.5),
    longAnswerMs: findPercentile(answers, 0.95),
    vainPercent: (100 * sum('vain')) / sum('pauses'),
    clashes: sum('clashes'),
    unheard: verdicts.length - waits.length,
  };
}

type ScenarioFigures = ReturnType<typeof toFigures>;

/** A row for all scenes as each reader judged them. */
export function formatFigures(
  rows: readonly (readonly [reader: string, figures: ScenarioFigures])[],
) {
  return formatTable(
    figureHead,
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

/** Whether a reader cuts off nobody more than none does, and keeps nobody waiting longer. */
export function isNoWorse(read: ScenarioFigures, usual: ScenarioFigures) {
  return (['cutOffPercent', 'waitMs', 'longWaitMs'] as const).every(
    (key) => read[key] <= usual[key],
  );
}

const figureHead = [
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

type ReachedTargets = ReturnType<typeof toReachedTargets>;

/** Figures that the targets limit. */
export function toReachedTargets(verdicts: readonly ScenarioVerdict[]) {
  const clauses = verdicts.filter(({ scenario }) => scenario.kind === 'one');
  const all = toFigures(verdicts);
  const gate = toFigures(clauses.filter(({ scenario }) => scenario.profile === 'gate'));
  return {
    cutOffPercent: all.cutOffPercent,
    waitMs: all.waitMs,
    clauseLongWaitMs: toFigures(clauses).longWaitMs,
    gateAnswerMs: gate.answerMs,
    gateLongAnswerMs: gate.longAnswerMs,
    vainPercent: all.vainPercent,
  };
}

const keys = Object.keys(targets) as (keyof typeof targets)[];

export function meetsTargets(reached: ReachedTargets) {
  return keys.every((key) => reached[key] <= targets[key][1]);
}

/** Each target and whether it is met. */
export function formatTargets(reached: ReachedTargets) {
  return formatTable(
    ['target with texts', 'at most', 'reached', ''],
    keys.map((key) => [
      ...targets[key],
      reached[key].toFixed(key.endsWith('Percent') ? 1 : 0),
      reached[key] <= targets[key][1] ? 'met' : 'NOT MET',
    ]),
  );
}

/** Every cut-off, the longest pauses last, and the longest waits. */
export function listWorstScenarios(
  verdicts: readonly ScenarioVerdict[],
  count: number,
) {
  const cut = verdicts
    .flatMap((verdict) => verdict.cutOffs.map((cutOff) => ({ verdict, cutOff })))
    .sort((a, b) => a.cutOff.pauseMs - b.cutOff.pauseMs)
    .map(({ verdict, cutOff: { after, pauseMs, endedMs, frameMs } }) => [
      ...listNames(verdict),
      `pause ${pauseMs}`,
      `ended ${endedMs}`,
      `frame ${frameMs}`,
      `${after} |${verdict.text.slice(after.length)}`,
    ]);
  const slow = verdicts
    .toSorted((a, b) => (b.waitMs ?? 1e6) - (a.waitMs ?? 1e6))
    .slice(0, count)
    .map((verdict) => [
      ...listNames(verdict),
      `wait ${verdict.waitMs}`,
      `answer ${verdict.answerMs}`,
      '',
      verdict.text,
    ]);
  const head = ['scene', 'microphone', 'voice', 'ms', '', '', 'text'];
  return formatTable(head, [...cut, ...slow]);
}

function listNames({ scenario }: ScenarioVerdict) {
  return [scenario.id, scenario.profile, getVoice(scenario)];
}
