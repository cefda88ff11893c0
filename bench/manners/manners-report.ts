import { findPercentile, formatTable } from '#bench/format-table.ts';
import type { AnswerCut } from './answer-cuts.ts';
import type { DelayPercentiles, InterruptionDelays } from './interruption-delays.ts';
import type { MannersVerdict } from './judge-evening.ts';
import type { SpokenStops } from './spoken-stops.ts';

export type MannersFindings = {
  readonly channels: Readonly<Record<string, MannersVerdict>>;
  readonly aloud: SpokenStops;
  readonly cuts: readonly AnswerCut[];
  readonly interrupted: InterruptionDelays;
};

/** One target; `misses` says what went wrong, a line each. */
export type TargetLine = {
  readonly what: string;
  readonly target: string;
  readonly reached: string;
  readonly met: boolean;
  readonly misses: readonly string[];
};

const [maxUninvitedPerHour, minStopPercent, maxWordsOff] = [1, 98, 1] as const;
/** With fewer the target says little. */
const minCuts = 50;
const maxFullDelayMs = 400;

export function toTargetLines(findings: MannersFindings) {
  const { channels, aloud, cuts, interrupted } = findings;
  const { p95Ms } = interrupted.full;
  const off = cuts.filter(({ kept, left }) => Math.abs(kept - left) > maxWordsOff);
  return [
    ...Object.entries(channels).flatMap(([channel, verdict]) =>
      toChannelLines(channel, verdict),
    ),
    toStopLine(aloud),
    {
      what: 'full level after a sound that is no word, p95',
      target: `at most ${maxFullDelayMs} ms`,
      reached: `${p95Ms} ms`,
      met: p95Ms <= maxFullDelayMs,
      misses: [],
    },
    {
      what: `history at ${cuts.length} cut points`,
      target: 'within 1 word',
      reached: `${cuts.length - off.length} of ${cuts.length}`,
      met: off.length === 0 && cuts.length >= minCuts,
      misses: off.map(
        ({ sentMs, kept, left }) => `${sentMs} ms left: ${kept} for ${left} words`,
      ),
    },
  ];
}

/** Table of the channels played. */
export function formatChannelTable(channels: MannersFindings['channels']) {
  const head = [
    '',
    'minutes',
    'talk %',
    'utterances',
    'questions',
    'answers',
    'ended early',
  ];
  return formatTable(
    head,
    Object.entries(channels).map(([channel, one]) => [
      ...[channel, one.minutes.toFixed(0), (100 * one.talkShare).toFixed(0)],
      ...[one.utterances, one.questions, one.answers, one.endedEarly].map(String),
    ]),
  );
}

export function formatTargetTable(lines: readonly TargetLine[]) {
  return formatTable(
    ['target', '', 'reached', ''],
    lines.map(({ what, target, reached, met }) => [
      what,
      target,
      reached,
      met ? 'met' : 'NOT MET',
    ]),
  );
}

export function formatDelays({ p50Ms, p95Ms }: DelayPercentiles) {
  return `p50 ${p50Ms}, p95 ${p95Ms} ms`;
}

export function formatInterruptions({ silent, full, gaps }: InterruptionDelays) {
  return `interrupted: silent ${formatDelays(silent)} after the first packet of a sentence
sounds under 400 ms: full level ${formatDelays(full)} after the last packet, ${gaps} silence it for over 60 ms`;
}

export function formatCuts(cuts: readonly AnswerCut[]) {
  const off = cuts.map(({ kept, left }) => Math.abs(kept - left));
  return `${off.filter((words) => words === 0).length} of ${cuts.length} exact, at most ${findPercentile(off, 1)} off`;
}

function toChannelLines(channel: string, verdict: MannersVerdict) {
  const { minutes, uninvited, lost, twice, cut, turns, misattributed, failures } =
    verdict;
  const none = (what: string, misses: readonly string[]) =>
    toNoneLine(`${channel}: ${what}`, misses);
  const perHour = (60 * uninvited.length) / minutes;
  const share = 100 * (1 - misattributed.length / turns);
  return [
    {
      what: `${channel}: uninvited replies an hour`,
      target: `at most ${maxUninvitedPerHour}`,
      reached: perHour.toFixed(1),
      met: perHour <= maxUninvitedPerHour,
      misses: uninvited,
    },
    none('lost questions', lost),
    none('answers given twice', twice),
    none('answers cut short', cut),
    {
      what: `${channel}: attribution of ${turns} turns`,
      target: '100 %',
      reached: `${share.toFixed(1)} %`,
      met: misattributed.length === 0,
      misses: misattributed,
    },
    none('failures', failures),
  ];
}

function toNoneLine(what: string, misses: readonly string[]) {
  return {
    what,
    target: '0',
    reached: `${misses.length}`,
    met: misses.length === 0,
    misses,
  };
}

function toStopLine({ tried, missed }: SpokenStops) {
  const percent = 100 * (1 - missed.length / tried);
  return {
    what: `stop aloud, English, ${tried} clips (words given)`,
    target: `at least ${minStopPercent} %`,
    reached: `${percent.toFixed(1)} %`,
    met: percent >= minStopPercent,
    misses: missed,
  };
}
