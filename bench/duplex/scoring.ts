import { percentile } from '#bench/table.ts';
import type { BotAnswer, BotFrame } from './bot.ts';

/** Somebody's voice over a bot's speech. */
export type Overlap = { readonly id: number; readonly fromMs: number; readonly toMs: number };

/** Effect of an overlap on a bot that was speaking; times in ms from the first voiced packet. */
export type OverlapOutcome = {
  /** When its speech fell silent for at least a second or up to a new answer, within 3 s of the end of the overlap. */
  readonly silentMs: number | undefined;
  /** Longest silence in its speech from the overlap on, up to 2 s after it; infinite where it never goes on. */
  readonly longestGapMs: number;
  /** From the end of the overlap to the first sound of an answer to it. */
  readonly answeredMs: number | undefined;
  /** It goes on with what it was saying, within 1 s of the overlap's end and for good, and answers nothing. */
  readonly resumes: boolean;
};

const frameMs = 20;
/** A silence that is shorter is a pause (FDB v1.5 and tau-voice ask for a floor that is given up). */
const forGoodMs = 1_000;
/** Full-Duplex-Bench listens so long for a behaviour after the overlap. */
const afterMs = 3_000;
const gapUntilMs = 2_000;
/** tau-voice: window for backchannels, tics and speech for others. */
const ignoredWithinMs = 1_000;

/** Frames of before, during and 3 s after the overlap; `answers` all that were given. */
export function outcomeOf(
  overlap: Overlap,
  frames: readonly BotFrame[],
  answers: readonly BotAnswer[],
): OverlapOutcome {
  const { id, fromMs, toMs } = overlap;
  const given = answers.find(({ utterances }) => utterances.includes(id));
  const later = answers.filter((one) => one.fromMs > fromMs).map((one) => one.fromMs);
  const silent = silentAtMs(overlap, frames, later);
  const isHeard = (sinceMs: number) =>
    frames.some(({ atMs }) => atMs >= sinceMs && atMs < sinceMs + ignoredWithinMs);
  const isNew = answers.some((one) => one.fromMs > fromMs && one.fromMs < toMs + afterMs);
  return {
    silentMs: silent === undefined ? undefined : silent - fromMs,
    longestGapMs: longestGapMs(overlap, frames),
    answeredMs: given && given.fromMs - toMs,
    resumes: given === undefined && !isNew && isHeard(toMs) && isHeard(toMs + gapUntilMs),
  };
}

/** A silence is also for good where something new comes after it. */
function silentAtMs(
  { fromMs, toMs }: Overlap,
  frames: readonly BotFrame[],
  beginsMs: readonly number[],
): number | undefined {
  const heard = frames.filter(({ atMs }) => atMs >= fromMs - frameMs && atMs < toMs + afterMs);
  const last = heard.find(({ atMs }, n) => {
    const next = heard[n + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const gapMs = next - atMs - frameMs;
    return gapMs >= forGoodMs || (gapMs > 0 && beginsMs.some((beginMs) => isAt(beginMs, next)));
  });
  return last && last.atMs + frameMs <= toMs + afterMs - forGoodMs
    ? Math.max(fromMs, last.atMs + frameMs)
    : undefined;
}

/** The bot tells of its first frame on another clock tick than the frame's own. */
function isAt(beginMs: number, frameAtMs: number): boolean {
  return Math.abs(beginMs - frameAtMs) <= frameMs;
}

function longestGapMs({ fromMs, toMs }: Overlap, frames: readonly BotFrame[]): number {
  const heard = frames.filter(
    ({ atMs }) => atMs >= fromMs - frameMs && atMs < toMs + gapUntilMs + frameMs,
  );
  let [longest, lastMs] = [0, fromMs - frameMs];
  for (const { atMs } of heard) {
    longest = Math.max(longest, atMs - lastMs - frameMs);
    lastMs = atMs;
  }
  const isBack = lastMs >= toMs + gapUntilMs - frameMs;
  return isBack ? longest : Number.POSITIVE_INFINITY;
}

/** Share of the values for which it holds. */
export function share<T>(values: readonly T[], holds: (value: T) => boolean): number {
  return values.filter(holds).length / values.length;
}

/** Percentile of times; an event that never happened counts as the longest. */
export function timeAt(values: readonly (number | undefined)[], part: number): number {
  return percentile(
    values.map((value) => value ?? Number.POSITIVE_INFINITY),
    part,
  );
}

/** Scores of a detector of floor changes, as TurnBench counts. */
export type DetectionScore = {
  readonly recall: number;
  /** Share of the negatives, stretches of time without a change, in which something was detected. */
  readonly falsePositives: number;
  readonly p10Ms: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
};

/** When the floor really changed, stretches in which it did not, and when a bot noticed a change; in order. */
export type Detections = {
  readonly trueAtMs: readonly number[];
  readonly negatives: readonly (readonly [fromMs: number, toMs: number])[];
  readonly detectedAtMs: readonly number[];
};

/** TurnBench: a detection counts from 0.25 s before the change to 3 s after it. */
const [earliestMs, latestMs] = [250, 3_000];

/** Matches detections one to one with the changes of each scene, the earliest with the earliest. */
export function detectionScore(scenarios: readonly Detections[]): DetectionScore {
  const latencies: number[] = [];
  let [changes, negatives, wrong] = [0, 0, 0];
  for (const scenario of scenarios) {
    const { matched, rest } = match(scenario);
    latencies.push(...matched);
    changes += scenario.trueAtMs.length;
    negatives += scenario.negatives.length;
    wrong += scenario.negatives.filter(([fromMs, toMs]) =>
      rest.some((atMs) => atMs >= fromMs && atMs < toMs),
    ).length;
  }
  return {
    recall: latencies.length / changes,
    falsePositives: wrong / negatives,
    p10Ms: percentile(latencies, 0.1),
    p50Ms: percentile(latencies, 0.5),
    p90Ms: percentile(latencies, 0.9),
  };
}

function match({ trueAtMs, detectedAtMs }: Detections) {
  const rest = [...detectedAtMs];
  const matched = trueAtMs.flatMap((changeMs) => {
    const at = rest.findIndex(
      (atMs) => atMs >= changeMs - earliestMs && atMs <= changeMs + latestMs,
    );
    const [found] = at < 0 ? [] : rest.splice(at, 1);
    return found === undefined ? [] : [found - changeMs];
  });
  return { matched, rest };
}
