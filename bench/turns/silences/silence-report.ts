import { table } from '#bench/table.ts';
import { detectors, voiceActivityAlone } from './detectors.ts';
import { type Detector, type SilenceTurn, scoredSilences } from './scored-turns.ts';
import {
  cutOffAt,
  type FiringRule,
  firedMs,
  gridOf,
  type OperatingPoint,
  operatingPoint,
  type ScoredSilence,
  sweep,
  waitAt,
} from './sweep.ts';

/** eot-bench's columns: shares of holds cut off at mean waits in ms, mean waits at shares of holds. */
export type SweepFigures = {
  readonly cutOffAt300: number;
  readonly cutOffAt600: number;
  readonly waitAt5: number;
  readonly waitAt10: number;
};

/** Figures of a detector on some turns. */
export type DetectorFigures = {
  readonly detector: string;
  readonly turns: number;
  readonly holds: number;
  readonly best: SweepFigures;
  /** Parts of the row of voice activity alone on the same turns: at 300 ms, and at 5 %. */
  readonly shareAt300: number;
  readonly shareAt5: number;
  readonly own: OperatingPoint;
};

/** The most of each, as shares of the row of voice activity alone, and of the turns with a pause. */
export const silenceTargets = { shareAt300: 0.41, shareAt5: 0.53, inPause: 0.08 } as const;

/** From the decision to the first frame of the answer where nothing was prepared: recogniser, model, voice. */
const answerTakesMs = 120 + 270;

export function figuresFor(turns: readonly SilenceTurn[]): DetectorFigures[] {
  const swept = detectors.map((detector) => {
    const silences = scoredSilences(turns, detector);
    return { detector, silences, best: bestOf(silences) };
  });
  const alone = swept.find(({ detector }) => detector === voiceActivityAlone)?.best;
  return swept.map(({ detector, silences, best }) => ({
    detector: detector.name,
    turns: turns.length,
    holds: silences.filter(({ kind }) => kind === 'hold').length,
    best,
    shareAt300: best.cutOffAt300 / (alone?.cutOffAt300 ?? 0),
    shareAt5: best.waitAt5 / (alone?.waitAt5 ?? 0),
    own: operatingPoint(silences, detector.own),
  }));
}

function bestOf(silences: readonly ScoredSilence[]): SweepFigures {
  const points = sweep(silences, gridOf(silences));
  const none = Number.NaN;
  return {
    cutOffAt300: cutOffAt(points, 300)?.cutOffShare ?? none,
    cutOffAt600: cutOffAt(points, 600)?.cutOffShare ?? none,
    waitAt5: waitAt(points, 0.05)?.waitMs ?? none,
    waitAt10: waitAt(points, 0.1)?.waitMs ?? none,
  };
}

/** Figures on other turns of rules chosen on some: for a mean wait of 300 ms, and for 5 % of the holds. */
export type TransferFigures = {
  readonly detector: string;
  readonly at300: OperatingPoint;
  readonly at5: OperatingPoint;
};

export function transferred(
  tuning: readonly SilenceTurn[],
  heldOut: readonly SilenceTurn[],
): TransferFigures[] {
  return detectors.map((detector) => {
    const own = scoredSilences(tuning, detector);
    const points = sweep(own, gridOf(own));
    const others = scoredSilences(heldOut, detector);
    const on = (rule: FiringRule | undefined) => operatingPoint(others, rule ?? detector.own);
    return {
      detector: detector.name,
      at300: on(cutOffAt(points, 300)),
      at5: on(waitAt(points, 0.05)),
    };
  });
}

/** Share of the turns with a pause in which the first frame of an answer falls into one (in-pause TOR). */
export function inPauseShare(turns: readonly SilenceTurn[], detector: Detector): number {
  const pausing = turns.filter(({ silences }) => silences.length > 1);
  const taken = pausing.filter((turn) =>
    scoredSilences([turn], detector).some((silence) => {
      const atMs = firedMs(silence, detector.own) ?? Number.POSITIVE_INFINITY;
      return silence.kind === 'hold' && atMs + answerTakesMs < silence.lengthMs;
    }),
  );
  return taken.length / pausing.length;
}

const percent = (share: number) => (100 * share).toFixed(1);
const whole = (ms: number) => ms.toFixed(0);

/** A row for each detector. */
export function detectorTable(figures: readonly DetectorFigures[]): string {
  const head = [
    'detector',
    'cut off % @ 300 ms',
    '@ 600',
    'wait @ 5 %',
    '@ 10 %',
    'share of voice activity alone (300 ms; 5 %)',
    'untuned: cut off %',
    'wait',
  ];
  return table(
    head,
    figures.map(({ detector, best, shareAt300, shareAt5, own }) => [
      detector,
      percent(best.cutOffAt300),
      percent(best.cutOffAt600),
      whole(best.waitAt5),
      whole(best.waitAt10),
      `${shareAt300.toFixed(2)}; ${shareAt5.toFixed(2)}`,
      percent(own.cutOffShare),
      whole(own.waitMs),
    ]),
  );
}

/** A row for each detector and each group of turns: its holds, cut-offs at 300 ms and the wait at 5 %. */
export function groupTable(turns: readonly SilenceTurn[], names: readonly string[]): string {
  const groups = [...groupsOf(turns)].flatMap(([name, members]) =>
    figuresFor(members)
      .filter(({ detector }) => names.includes(detector))
      .map(({ detector, turns: count, holds, best, shareAt300, shareAt5 }) => [
        name,
        `${count}`,
        `${holds}`,
        detector,
        percent(best.cutOffAt300),
        whole(best.waitAt5),
        `${shareAt300.toFixed(2)}; ${shareAt5.toFixed(2)}`,
      ]),
  );
  return table(['group', 'turns', 'holds', 'detector', '@ 300 ms', '@ 5 %', 'share'], groups);
}

export function transferTable(figures: readonly TransferFigures[]): string {
  return table(
    [
      'rule chosen on the tuning half',
      'for 300 ms: cut off %',
      'wait',
      'for 5 %: cut off %',
      'wait',
    ],
    figures.map(({ detector, at300, at5 }) => [
      detector,
      ...[at300, at5].flatMap((point) => [percent(point.cutOffShare), whole(point.waitMs)]),
    ]),
  );
}

const targetNames: Readonly<Record<keyof typeof silenceTargets, string>> = {
  shareAt300: 'cut-offs at 300 ms, share of voice activity alone',
  shareAt5: 'wait at 5 %, share of voice activity alone',
  inPause: 'turns with a pause in which an answer began in one',
};

/** Each target of the held-out half and whether it is met. */
export function silenceTargetTable(
  reached: Readonly<Record<keyof typeof silenceTargets, number>>,
): string {
  return table(
    ['target, held-out half', 'at most', 'reached', ''],
    (Object.keys(targetNames) as (keyof typeof silenceTargets)[]).map((key) => [
      targetNames[key],
      `${silenceTargets[key]}`,
      reached[key].toFixed(2),
      reached[key] <= silenceTargets[key] ? 'met' : 'NOT MET',
    ]),
  );
}

/** Turns by who made them, microphone and language. */
function groupsOf(turns: readonly SilenceTurn[]): Map<string, SilenceTurn[]> {
  const groups = new Map<string, SilenceTurn[]>();
  for (const key of ['origin', 'profile', 'language'] as const) {
    for (const turn of turns) {
      groups.set(turn[key], [...(groups.get(turn[key]) ?? []), turn]);
    }
  }
  return groups;
}
