import { findPercentile, formatTable } from '#bench/format-table.ts';
import type { ScenarioVerdict } from './judge-scenario.ts';
import type { RunKind } from './scenario-runs.ts';
import { getVoice, scenarioKinds } from './turn-scenarios.ts';

/** The most of each. */
export const endpointingTargets = {
  cutOffPercent: 8,
  waitMs: 350,
  clauseLongWaitMs: 400,
  gateAnswerMs: 440,
  gateLongAnswerMs: 520,
  vainPercent: 12,
} as const;

export type EndpointingFigures = {
  readonly scenes: number;
  readonly cutOffPercent: number;
  readonly waitMs: number;
  readonly longWaitMs: number;
  readonly answerMs: number;
  readonly longAnswerMs: number;
  /** Share of all pauses. */
  readonly vainPercent: number;
  readonly clashes: number;
  /** Scenes after whose last word nothing ended. */
  readonly unheard: number;
};

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

type VerdictGroup = readonly [
  name: string,
  belongs: (verdict: ScenarioVerdict) => boolean,
];

const groups: readonly VerdictGroup[] = [
  ['all', () => true],
  ...scenarioKinds.map(
    (kind): VerdictGroup => [kind, ({ scenario }) => scenario.kind === kind],
  ),
  ...(['gate', 'open', 'release'] as const).map(
    (profile): VerdictGroup => [
      profile,
      ({ scenario }) => scenario.profile === profile,
    ],
  ),
  ['human', ({ scenario }) => scenario.clips[0]?.startsWith('human/') === true],
];

/** Rows for all scenes, each kind and each microphone. */
export function formatFigures(byWay: ReadonlyMap<RunKind, readonly ScenarioVerdict[]>) {
  const head = [
    'scenes',
    '',
    'n',
    'cut off %',
    'wait p50',
    'wait p90',
    'answer p50',
    'in vain %',
    'clashes',
    'unheard',
  ];
  const rows = groups.flatMap(([name, belongs]) =>
    [...byWay].map(([way, verdicts]) => [
      name,
      way,
      ...formatCells(toFigures(verdicts.filter(belongs))),
    ]),
  );
  return formatTable(head, rows);
}

/** Figures that the targets limit; everything with texts, of strangers. */
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

function formatCells(figures: EndpointingFigures) {
  const { scenes: scenarios, cutOffPercent, vainPercent } = figures;
  const whole = [figures.waitMs, figures.longWaitMs, figures.answerMs].map((ms) =>
    ms.toFixed(0),
  );
  const { clashes, unheard } = figures;
  return [
    `${scenarios}`,
    cutOffPercent.toFixed(1),
    ...whole,
    vainPercent.toFixed(1),
    `${clashes}`,
    `${unheard}`,
  ];
}
