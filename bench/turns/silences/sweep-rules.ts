import type { LabelledSilence } from './held-out-turns.ts';

/** A labelled silence as one detector sees it, in order. */
export type ScoredSilence = {
  readonly kind: LabelledSilence['kind'];
  readonly lengthMs: number;
  readonly moments: readonly {
    /** Time since the silence really began. */
    readonly sinceMs: number;
    /** Time since the silence began as far as the detector can tell: its delays count from there. */
    readonly silentMs: number;
    /** The higher, the likelier the turn is over. Made of nothing later than this instant. */
    readonly score: number;
  }[];
};

/** A rule's share (0 to 1) of the holds in which it fires, and its mean wait after the true ends, in ms. */
export interface OperatingPoint {
  readonly cutOffShare: number;
  readonly waitMs: number;
}

const never = Number.POSITIVE_INFINITY;
const stepMs = 20;
const maxDelayMs = 1800;
const thresholdCount = 60;

/**
 * Rules that are tried: each threshold with each delay and each later timeout, at which it fires whatever the score. Delays
 * from 0, timeouts from 200 ms, up to 1.8 s; thresholds at even shares of the scores that occur.
 */
function makeGrid(silences: readonly ScoredSilence[]) {
  const scores = silences.flatMap(({ moments }) => moments.map(({ score }) => score));
  const sorted = Float64Array.from(scores).sort();
  const findScore = (n: number) =>
    sorted[Math.floor((n * (sorted.length - 1)) / thresholdCount)] ?? 0;
  const quantiles = Array.from({ length: thresholdCount + 1 }, (_, n) => findScore(n));
  const listSteps = (fromMs: number, step: number) =>
    Array.from(
      { length: (maxDelayMs - fromMs) / step + 1 },
      (_, n) => fromMs + n * step,
    );
  return {
    thresholds: [...new Set(quantiles)],
    delaysMs: listSteps(0, stepMs),
    timeoutsMs: [...listSteps(200, 5 * stepMs), never],
  };
}

/** Finds the operating point of every rule that is tried: thresholds of the score, delays and timeouts (`makeGrid`). */
export function sweepRules(
  silences: readonly ScoredSilence[],
): readonly OperatingPoint[] {
  const { thresholds, delaysMs, timeoutsMs } = makeGrid(silences);
  const timeoutFirings = silences.map((silence) =>
    findFirstFiring(silence, timeoutsMs, -never),
  );
  return thresholds.flatMap((threshold) => {
    const scoreFirings = silences.map((silence) =>
      findFirstFiring(silence, delaysMs, threshold),
    );
    return delaysMs.flatMap((delayMs, d) =>
      timeoutsMs.flatMap((timeoutMs, t) =>
        timeoutMs <= delayMs
          ? []
          : [
              toOperatingPoint(silences, (n) =>
                Math.min(scoreFirings[n]?.[d] ?? 0, timeoutFirings[n]?.[t] ?? 0),
              ),
            ],
      ),
    );
  });
}

/** Finds the lowest of one figure among the rules of which the other is at most `limit`. NaN where there is none. */
export function findLowest(
  points: readonly OperatingPoint[],
  figure: keyof OperatingPoint,
  limitedFigure: keyof OperatingPoint,
  limit: number,
): number {
  let lowest = Number.NaN;
  for (const point of points) {
    if (point[limitedFigure] <= limit && !(point[figure] >= lowest))
      lowest = point[figure];
  }
  return lowest;
}

/** Finds for each delay the first instant at which it is over and the score is high enough. */
function findFirstFiring(
  { moments }: ScoredSilence,
  delaysMs: readonly number[],
  threshold: number,
) {
  return delaysMs.map(
    (delayMs) =>
      moments.find(({ silentMs, score }) => silentMs >= delayMs && score >= threshold)
        ?.sinceMs ?? never,
  );
}

function toOperatingPoint(
  silences: readonly ScoredSilence[],
  findFiringMs: (n: number) => number,
): OperatingPoint {
  let holds = 0;
  let cutOffs = 0;
  let ends = 0;
  let waitedMs = 0;
  silences.forEach((silence, n) => {
    const atMs = findFiringMs(n);
    if (silence.kind === 'hold') {
      holds++;
      if (atMs < silence.lengthMs) cutOffs++;
    } else {
      ends++;
      waitedMs += Math.min(atMs, silence.lengthMs);
    }
  });
  return { cutOffShare: holds === 0 ? 0 : cutOffs / holds, waitMs: waitedMs / ends };
}
