import { findPercentile, formatTable } from '#bench/format-table.ts';
import type { ScenarioVerdict } from './judge-scenario.ts';
import { getVoice } from './turn-scenarios.ts';

/** The most of each. */
export const endpointingTargets = {
  cutOffPercent: 8,
  waitMs: 350,
  clauseLongWaitMs: 400,
  gateAnswerMs: 440,
  gateLongAnswerMs: 520,
  vainPercent: 12,
} as const;

/** Medians, and 90 % of the waits and 95 % of the answers. */
export function toFigures(verdicts: readonly ScenarioVerdict[]) {
  const waits = verdicts.flatMap(({ waitMs }) => waitMs ?? []);
  const answers = verdicts.flatMap(({ answerMs }) => answerMs ?? []);
  const sum = (of: (verdict: ScenarioVerdict) => number) =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0);
  return {
    scenes: verdicts.length,
    cutOffPercent:
      (100 * sum(({ cutOffs }) => (cutOffs.length > 0 ? 1 : 0))) / verdicts.length,
    waitMs: findPercentile(waits, 0.5),
    longWaitMs: findPercentile(waits, 0.9),
    answerMs: findPercentile(answers, 0.5),
    longAnswerMs: findPercentile(answers, 0.95),
    vainPercent: (100 * sum(({ vain }) => vain)) / sum(({ pauses }) => pauses),
    clashes: sum(({ clashes }) => clashes),
    unheard: verdicts.length - waits.length,
  };
}

/** All scenes in one row. */
export function formatFigures(verdicts: readonly ScenarioVerdict[]) {
  const figures = toFigures(verdicts);
  const waits = [figures.waitMs, figures.longWaitMs, figures.answerMs];
  return formatTable(figureHead, [
    [
      `${figures.scenes}`,
      figures.cutOffPercent.toFixed(1),
      ...waits.map((ms) => ms.toFixed(0)),
      figures.vainPercent.toFixed(1),
      `${figures.clashes}`,
      `${figures.unheard}`,
    ],
  ]);
}

const figureHead = [
  'scenes',
  'cut off %',
  'wait p50',
  'wait p90',
  'answer p50',
  'in vain %',
  'clashes',
  'unheard',
];

/** Figures that the targets limit. */
export type ReachedTargets = Readonly<Record<keyof typeof endpointingTargets, number>>;

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

const targetNames: Readonly<Record<keyof typeof endpointingTargets, string>> = {
  cutOffPercent: '% of scenes cut off',
  waitMs: 'wait, median',
  clauseLongWaitMs: 'one clause: wait, 90 %',
  gateAnswerMs: 'one clause, gate: answer, median',
  gateLongAnswerMs: 'one clause, gate: answer, 95 %',
  vainPercent: '% of pauses in vain',
};

const keys = Object.keys(endpointingTargets) as (keyof typeof endpointingTargets)[];

export function meetsTargets(reached: ReachedTargets) {
  return keys.every((key) => reached[key] <= endpointingTargets[key]);
}

/** Each target and whether it is met. */
export function formatTargets(reached: ReachedTargets) {
  const digits = (key: string) => (key.endsWith('Percent') ? 1 : 0);
  return formatTable(
    ['target with texts', 'at most', 'reached', ''],
    keys.map((key) => [
      targetNames[key],
      `${endpointingTargets[key]}`,
      reached[key].toFixed(digits(key)),
      reached[key] <= endpointingTargets[key] ? 'met' : 'NOT MET',
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
    .map(
      ({
        verdict: { scenario, text },
        cutOff: { after, pauseMs, endedMs, frameMs },
      }) => [
        scenario.id,
        scenario.profile,
        getVoice(scenario),
        `pause ${pauseMs}`,
        `ended ${endedMs}`,
        `frame ${frameMs}`,
        `${after} |${text.slice(after.length)}`,
      ],
    );
  const slow = verdicts
    .toSorted((a, b) => (b.waitMs ?? 1e6) - (a.waitMs ?? 1e6))
    .slice(0, count)
    .map(({ scenario, text, waitMs, answerMs }) => [
      scenario.id,
      scenario.profile,
      getVoice(scenario),
      `wait ${waitMs}`,
      `answer ${answerMs}`,
      '',
      text,
    ]);
  const head = ['scene', 'microphone', 'voice', 'ms', '', '', 'text'];
  return formatTable(head, [...cut, ...slow]);
}
