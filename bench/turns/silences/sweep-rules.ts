import type { LabelledSilence } from './held-out-turns.ts';

/** A labelled silence as one detector sees it, in order. */
type ScoredSilence = {
  readonly kind: LabelledSilence['kind'];
  readonly lengthMs: number;
  readonly moments: readonly {
    /** Since the silence really began. */
    readonly sinceMs: number;
    /** Since it began as far as the detector can tell: what its delays count from. */
    readonly silentMs: number;
    /** The higher, the likelier the turn is over; out of nothing later than this instant. */
    readonly score: number;
  }[];
};

type OperatingPoint = ReturnType<typeof toOperatingPoint>;

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
  const at = (n: number) =>
    sorted[Math.floor((n * (sorted.length - 1)) / thresholdCount)] ?? 0;
  const quantiles = Array.from({ length: thresholdCount + 1 }, (_, n) => at(n));
  const upTo = (fromMs: number, step: number) =>
    Array.from(
      { length: (maxDelayMs - fromMs) / step + 1 },
      (_, n) => fromMs + n * step,
    );
  return {
    thresholds: [...new Set(quantiles)],
    delaysMs: upTo(0, stepMs),
    timeoutsMs: [...upTo(200, 5 * stepMs), never],
  };
}

/** Operating points of every rule of the grid. */
export function sweepRules(silences: readonly ScoredSilence[]) {
  const { thresholds, delaysMs, timeoutsMs } = makeGrid(silences);
  const late = silences.map((silence) => findFirstFiring(silence, timeoutsMs, -never));
  return thresholds.flatMap((threshold) => {
    const sure = silences.map((silence) =>
      findFirstFiring(silence, delaysMs, threshold),
    );
    return delaysMs.flatMap((delayMs, d) =>
      timeoutsMs.flatMap((timeoutMs, t) =>
        timeoutMs <= delayMs
          ? []
          : [
              toOperatingPoint(silences, (n) =>
                Math.min(sure[n]?.[d] ?? 0, late[n]?.[t] ?? 0),
              ),
            ],
      ),
    );
  });
}

/** Least of one figure among the rules of which the other is at most that; NaN where there is none. */
export function findLeast(
  points: readonly OperatingPoint[],
  figure: keyof OperatingPoint,
  limited: keyof OperatingPoint,
  most: number,
) {
  let least = Number.NaN;
  for (const point of points) {
    if (point[limited] <= most && !(point[figure] >= least)) least = point[figure];
  }
  return least;
}

/** For each delay the first instant at which it is over and the score is high enough. */
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

/** Share of the holds in which a rule fires, and the mean wait after the true ends. */
function toOperatingPoint(
  silences: readonly ScoredSilence[],
  firedAtMs: (n: number) => number,
) {
  let [holds, cut, ends, waitedMs] = [0, 0, 0, 0];
  silences.forEach((silence, n) => {
    const atMs = firedAtMs(n);
    if (silence.kind === 'hold') {
      holds++;
      if (atMs < silence.lengthMs) cut++;
    } else {
      ends++;
      waitedMs += Math.min(atMs, silence.lengthMs);
    }
  });
  return { cutOffShare: holds === 0 ? 0 : cut / holds, waitMs: waitedMs / ends };
}
