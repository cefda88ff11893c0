import { percentile, table } from '#bench/table.ts';
import type { AnswerCut } from './cuts.ts';
import type { DelayPercentiles, InterruptionDelays } from './interruptions.ts';
import type { SpokenStops } from './stops.ts';
import type { MannersVerdict } from './verdict.ts';

export type Findings = {
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

const [uninvitedPerHour, stopPercent, wordsOff] = [1, 98, 1] as const;
/** With fewer the target says little. */
const enoughCuts = 50;
const latestFullMs = 400;

export function linesOf(findings: Findings): readonly TargetLine[] {
  const { channels, aloud, cuts, interrupted } = findings;
  const { p95Ms } = interrupted.full;
  const off = cuts.filter(({ kept, left }) => Math.abs(kept - left) > wordsOff);
  return [
    ...Object.entries(channels).flatMap(([channel, verdict]) => channelLines(channel, verdict)),
    stopLine(aloud),
    {
      what: 'full level after a sound that is no word, p95',
      target: `at most ${latestFullMs} ms`,
      reached: `${p95Ms} ms`,
      met: p95Ms <= latestFullMs,
      misses: [],
    },
    {
      what: `history at ${cuts.length} cut points`,
      target: 'within 1 word',
      reached: `${cuts.length - off.length} of ${cuts.length}`,
      met: off.length === 0 && cuts.length >= enoughCuts,
      misses: off.map(({ sentMs, kept, left }) => `${sentMs} ms left: ${kept} for ${left} words`),
    },
  ];
}

/** Table of the channels played. */
export function channelTable(channels: Findings['channels']): string {
  const head = ['', 'minutes', 'talk %', 'utterances', 'questions', 'answers', 'ended early'];
  return table(
    head,
    Object.entries(channels).map(([channel, one]) => [
      ...[channel, one.minutes.toFixed(0), (100 * one.talkShare).toFixed(0)],
      ...[one.utterances, one.questions, one.answers, one.endedEarly].map(String),
    ]),
  );
}

export function targetTable(lines: readonly TargetLine[]): string {
  return table(
    ['target', '', 'reached', ''],
    lines.map(({ what, target, reached, met }) => [what, target, reached, met ? 'met' : 'NOT MET']),
  );
}

export function delayWords({ p50Ms, p95Ms }: DelayPercentiles): string {
  return `p50 ${p50Ms}, p95 ${p95Ms} ms`;
}

export function interruptionWords({ silent, full, gaps }: InterruptionDelays): string {
  return `interrupted: silent ${delayWords(silent)} after the first packet of a sentence
sounds under 400 ms: full level ${delayWords(full)} after the last packet, ${gaps} silence it for over 60 ms`;
}

export function cutWords(cuts: readonly AnswerCut[]): string {
  const off = cuts.map(({ kept, left }) => Math.abs(kept - left));
  return `${off.filter((words) => words === 0).length} of ${cuts.length} exact, at most ${percentile(off, 1)} off`;
}

function channelLines(channel: string, verdict: MannersVerdict): TargetLine[] {
  const { minutes, uninvited, lost, twice, cut, turns, misattributed, failures } = verdict;
  const none = (what: string, misses: readonly string[]) => noneLine(`${channel}: ${what}`, misses);
  const perHour = (60 * uninvited.length) / minutes;
  const share = 100 * (1 - misattributed.length / turns);
  return [
    {
      what: `${channel}: uninvited replies an hour`,
      target: `at most ${uninvitedPerHour}`,
      reached: perHour.toFixed(1),
      met: perHour <= uninvitedPerHour,
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

function noneLine(what: string, misses: readonly string[]): TargetLine {
  return { what, target: '0', reached: `${misses.length}`, met: misses.length === 0, misses };
}

function stopLine({ tried, missed }: SpokenStops): TargetLine {
  const percent = 100 * (1 - missed.length / tried);
  return {
    what: `stop aloud, English, ${tried} clips (words given)`,
    target: `at least ${stopPercent} %`,
    reached: `${percent.toFixed(1)} %`,
    met: percent >= stopPercent,
    misses: missed,
  };
}
