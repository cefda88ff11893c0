import { findPercentile, formatTable } from '#bench/format-table.ts';
import type { QuestionWaits } from './interrupting-questions.ts';
import type { MannersVerdict } from './judge-evening.ts';
import type { SpokenStops } from './spoken-stops.ts';

/** Everything that was measured, by the names of the channels. */
export type MannersFindings = {
  readonly channels: Readonly<Record<string, MannersVerdict>>;
  readonly stops: SpokenStops;
  readonly waits: QuestionWaits;
};

/** One target, and the figure that was reached. */
export interface MannersTarget {
  readonly title: string;
  readonly target: string;
  readonly reached: string;
  readonly isMet: boolean;
  /** Everything that went wrong, a sentence each. */
  readonly misses: readonly string[];
}

const maxUninvitedPerHour = 1;
const minStopPercent = 98;
const maxOverlapMs = 20;

/** Compares findings with the targets, of which each channel has its own. */
export function toTargets({
  channels,
  stops,
  waits,
}: MannersFindings): readonly MannersTarget[] {
  return [
    ...Object.entries(channels).flatMap(([channel, verdict]) =>
      toChannelTargets(channel, verdict),
    ),
    toStopTarget(stops),
    toWaitTarget(waits),
  ];
}

/** Formats a row for each channel: its length, and how much people talked, asked and were answered. */
export function formatChannelTable(channels: MannersFindings['channels']): string {
  const columnNames = [
    '',
    'minutes',
    'talk %',
    'utterances',
    'questions',
    'answers',
    'ended early',
  ];
  return formatTable(
    columnNames,
    Object.entries(channels).map(([channel, verdict]) => [
      ...[channel, verdict.minutes, 100 * verdict.talkShare, verdict.utterances],
      ...[verdict.questions, verdict.answers, verdict.endedEarly],
    ]),
  );
}

/** Formats each target and whether it is met. */
export function formatTargetTable(targets: readonly MannersTarget[]): string {
  return formatTable(
    ['target', '', 'reached', ''],
    targets.map(({ title, target, reached, isMet }) => [
      title,
      target,
      reached,
      isMet ? 'met' : 'NOT MET',
    ]),
  );
}

function toWaitTarget({ otherPerson, samePerson, silent }: QuestionWaits) {
  const sameMs = findPercentile(samePerson, 0.5);
  const silentMs = findPercentile(silent, 0.5);
  const otherMs = findPercentile(otherPerson, 0.5);
  return {
    title: 'a question over an own answer waits (p50)',
    target: `at most ${maxOverlapMs} ms longer than over silence`,
    reached: `${sameMs} ms (silence ${silentMs}, the answer to another ${otherMs})`,
    isMet: sameMs - silentMs <= maxOverlapMs,
    misses: [],
  };
}

function toChannelTargets(channel: string, verdict: MannersVerdict) {
  const { minutes, uninvited, lost, twice, cut, turns, misattributed, failures } =
    verdict;
  const expectNone = (title: string, misses: readonly string[]) =>
    toNoneTarget(`${channel}: ${title}`, misses);
  const perHour = (60 * uninvited.length) / minutes;
  const share = 100 * (1 - misattributed.length / turns);
  return [
    {
      title: `${channel}: uninvited replies an hour`,
      target: `at most ${maxUninvitedPerHour}`,
      reached: perHour.toFixed(1),
      isMet: perHour <= maxUninvitedPerHour,
      misses: uninvited,
    },
    expectNone('lost questions', lost),
    expectNone('answers given twice', twice),
    expectNone('answers cut short', cut),
    {
      title: `${channel}: attribution of ${turns} turns`,
      target: '100 %',
      reached: `${share.toFixed(1)} %`,
      isMet: misattributed.length === 0,
      misses: misattributed,
    },
    expectNone('failures', failures),
  ];
}

function toNoneTarget(title: string, misses: readonly string[]): MannersTarget {
  return {
    title,
    target: '0',
    reached: `${misses.length}`,
    isMet: misses.length === 0,
    misses,
  };
}

function toStopTarget({ tried, missed }: SpokenStops) {
  const percent = 100 * (1 - missed.length / tried);
  return {
    title: `stop aloud, English, ${tried} clips (words given)`,
    target: `at least ${minStopPercent} %`,
    reached: `${percent.toFixed(1)} %`,
    isMet: percent >= minStopPercent,
    misses: missed,
  };
}
