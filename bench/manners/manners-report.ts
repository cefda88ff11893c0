import { findPercentile, formatTable } from '#bench/format-table.ts';
import type { QuestionWaits } from './interrupting-questions.ts';
import type { MannersVerdict } from './judge-evening.ts';
import type { SpokenStops } from './spoken-stops.ts';

export type MannersFindings = {
  readonly channels: Readonly<Record<string, MannersVerdict>>;
  readonly aloud: SpokenStops;
  readonly waits: QuestionWaits;
};

/** One target; `misses` says what went wrong, a line each. */
type TargetLine = ReturnType<typeof toNoneLine>;

const [maxUninvitedPerHour, minStopPercent, maxOverlapMs] = [1, 98, 20] as const;

export function toTargetLines({
  channels,
  aloud,
  waits,
}: MannersFindings): TargetLine[] {
  return [
    ...Object.entries(channels).flatMap(([channel, verdict]) =>
      toChannelLines(channel, verdict),
    ),
    toStopLine(aloud),
    toWaitLine(waits),
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
      ...[channel, one.minutes, 100 * one.talkShare, one.utterances],
      ...[one.questions, one.answers, one.endedEarly],
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

function toWaitLine({ other, own, silent }: QuestionWaits) {
  const [ownMs, silentMs] = [findPercentile(own, 0.5), findPercentile(silent, 0.5)];
  const otherMs = findPercentile(other, 0.5);
  return {
    what: 'a question over an own answer waits (p50)',
    target: `at most ${maxOverlapMs} ms longer than over silence`,
    reached: `${ownMs} ms (silence ${silentMs}, the answer to another ${otherMs})`,
    met: ownMs - silentMs <= maxOverlapMs,
    misses: [],
  };
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
