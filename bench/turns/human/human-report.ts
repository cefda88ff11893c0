import { averageValues, findPercentile, formatTable } from '#bench/format-table.ts';
import { formatReader, type ReaderSkill } from '#bench/turns/fake-reader.ts';
import type { MomentDeps, TurnMoment } from '#bench/turns/silences/turn-moments.ts';
import {
  decideEndpointingDelay,
  endpointingDelayRules,
} from '#src/turn/endpointing/endpointing-delay.ts';
import { listReadEnds } from './read-silences.ts';
import { type WatchedSilence, watchSilences } from './watched-silences.ts';

/** Returns how long a detector waits at a moment of a silence, in ms. */
type Detector = (moment: TurnMoment) => number;

interface HumanFigures {
  /** Share of natural pauses that are cut off, in percent. */
  readonly naturalPercent: number;
  /** Share of all pauses that are cut off, hesitations too, in percent. */
  readonly allPercent: number;
  /** Waits at ends of turns, in ms. */
  readonly waitsMs: readonly number[];
}

type SilenceGroup = readonly [name: string, silences: readonly WatchedSilence[]];

/** Rules for the oracle, which answers 120 ms after it was asked. */
const textRules = { ...endpointingDelayRules, textTimeoutMs: 400 };
const { minDelayMs } = endpointingDelayRules;

const byVoiceActivity: Detector = () => 500;
const byWords: Detector = ({ signs }) =>
  decideEndpointingDelay({ ...signs, judgement: undefined }, textRules, {}).delayMs;
const byWordsAndModel: Detector = ({ signs }) =>
  decideEndpointingDelay(signs, textRules, {}).delayMs;
const byModel: Detector = ({ signs: { isClosed, isLagging, judgement } }) =>
  decideEndpointingDelay(
    { isClosed, isLagging, judgement, isTextless: true },
    endpointingDelayRules,
    {},
  ).delayMs;

const detectors: Readonly<Record<string, Detector>> = {
  'voice activity, 500 ms': byVoiceActivity,
  'words, no turn model': byWords,
  'words and turn model': byWordsAndModel,
  'no words, no turn model': (moment) =>
    byModel({ ...moment, signs: { ...moment.signs, judgement: undefined } }),
  'no words, turn model': byModel,
};

/** Limits of the rows: shares cut off in percent, waits in ms. */
const goals = {
  words: { naturalPercent: 20, allPercent: 28, meanMs: 410, p50Ms: 290, p90Ms: 880 },
  withoutWords: { naturalPercent: 30, allPercent: 57 },
  reader: { naturalPercent: 16, allPercent: 22, meanMs: 430 },
};

/** Skills of readers, chat models that judge whether the words are whole. The goals are for the first. */
const readers: readonly ReaderSkill[] = [
  [0.78, 0.95],
  [0.7, 0.7],
  [0.85, 0.85],
  [0.95, 0.95],
];

/** Points by which the turn model may cut off more people of a language or microphone, in percent. Kinds of speech are shown only. */
const maxWorsePoints = 5;
/** Group that may be worse: its clips are prompts with few pauses. */
const exceptedGroup = 'language it';

/** The text of a report, and whether its goals are met. */
export interface HumanReport {
  readonly text: string;
  readonly isMet: boolean;
}

/** Reports how often each detector cuts off the people in this folder, and how long it waits at the ends of their turns. */
export async function writeHumanReport(
  folder: string,
  deps: MomentDeps,
): Promise<HumanReport> {
  const watchedSilences = await watchSilences(folder, deps);
  const silences = watchedSilences.filter(({ hasWords }) => hasWords);
  const groups = groupSilences(silences);
  const worseGroups = groups
    .filter(([, members]) => isWorse(members))
    .map(([name]) => name);
  const readerFigures = readers.map((skill) =>
    sumUp(silences, listReadEnds(silences, skill, textRules)),
  );
  const text = `Human speech: ${countKinds(silences)} pauses, hesitations, ends; shares are cut-offs in percent, waits in ms
${formatTable(['detector', ...figureColumns], listDetectorRows(silences, readerFigures))}

Pauses, hesitations and ends; voice activity / words / words and turn model
${formatTable(['group', 'silences', ...figureColumns], groups.map(formatGroup))}
cut off more by over ${maxWorsePoints} points with the turn model: ${worseGroups.join(', ') || 'none'}`;
  const countedGroups = worseGroups.filter(
    (name) => name !== exceptedGroup && !name.startsWith('kind'),
  );
  const words = measureDetector(silences, byWordsAndModel);
  const withoutWords = measureDetector(silences, byModel);
  const isMet = meetsGoals(words, withoutWords, readerFigures[0] ?? words);
  return { text, isMet: isMet && countedGroups.length === 0 };
}

function groupSilences(silences: readonly WatchedSilence[]): readonly SilenceGroup[] {
  return (['language', 'kind', 'profile'] as const).flatMap((key) => [
    ...Map.groupBy(silences, ({ scene }) => `${key} ${scene[key]}`),
  ]);
}

function listDetectorRows(
  silences: readonly WatchedSilence[],
  readerFigures: readonly HumanFigures[],
) {
  const rows = Object.entries(detectors).map(([name, detector]) => [
    name,
    ...formatFigures(measureDetector(silences, detector)),
  ]);
  const readerRows = readerFigures.map((figures, n) => [
    formatReader(readers[n] ?? []),
    ...formatFigures(figures),
  ]);
  return [...rows, ...readerRows];
}

/** Returns whether the turn model cuts off so many more people of a group that it counts. */
function isWorse(silences: readonly WatchedSilence[]) {
  const words = measureDetector(silences, byWords);
  const withModel = measureDetector(silences, byWordsAndModel);
  return (
    withModel.naturalPercent > words.naturalPercent + maxWorsePoints ||
    withModel.allPercent > words.allPercent + maxWorsePoints
  );
}

function formatGroup([name, silences]: SilenceGroup) {
  const rows = [byVoiceActivity, byWords, byWordsAndModel].map((detector) =>
    formatFigures(measureDetector(silences, detector)),
  );
  const cells = figureColumns.map((_, n) => rows.map((row) => row[n]).join(' / '));
  return [name, countKinds(silences), ...cells];
}

/** Measures the time from the beginning of a silence until a detector ends the turn. The silence's length where it does not. */
function measureEndMs({ fromMs, moments, toMs }: WatchedSilence, detector: Detector) {
  const end = moments.find(
    (moment) => moment.silentMs >= Math.max(minDelayMs, detector(moment)),
  );
  return (end?.atMs ?? toMs) - fromMs;
}

function measureDetector(silences: readonly WatchedSilence[], detector: Detector) {
  const endsMs = silences.map((silence) => measureEndMs(silence, detector));
  return sumUp(silences, endsMs);
}

/** Sums up when the turn ended in each silence. */
function sumUp(
  silences: readonly WatchedSilence[],
  endsMs: readonly number[],
): HumanFigures {
  const endedSilences = silences.map((silence, n) => ({
    ...silence,
    endMs: endsMs[n] ?? 0,
  }));
  const computeCutPercent = (members: typeof endedSilences) =>
    (100 * members.filter(({ endMs, fromMs, toMs }) => endMs < toMs - fromMs).length) /
    members.length;
  const holds = endedSilences.filter(({ kind }) => kind === 'hold');
  const naturalHolds = holds.filter(({ insertedMs }) => insertedMs === undefined);
  const ends = endedSilences.filter(({ kind }) => kind === 'eot');
  return {
    naturalPercent: computeCutPercent(naturalHolds),
    allPercent: computeCutPercent(holds),
    waitsMs: ends.map(({ endMs }) => endMs),
  };
}

const figureColumns = ['natural', 'all', 'mean', 'p50', 'p90'];

function formatFigures({ allPercent, naturalPercent, waitsMs }: HumanFigures) {
  return [
    naturalPercent.toFixed(0),
    allPercent.toFixed(0),
    averageValues(waitsMs).toFixed(0),
    `${findPercentile(waitsMs, 0.5)}`,
    `${findPercentile(waitsMs, 0.9)}`,
  ];
}

function countKinds(silences: readonly WatchedSilence[]) {
  const holds = silences.filter(({ kind }) => kind === 'hold');
  const inserted = holds.filter(({ insertedMs }) => insertedMs !== undefined).length;
  return `${holds.length - inserted}, ${inserted}, ${silences.length - holds.length}`;
}

function meetsGoals(
  words: HumanFigures,
  withoutWords: HumanFigures,
  reader: HumanFigures,
) {
  return (
    isWithinLimits(reader, goals.reader) &&
    averageValues(reader.waitsMs) <= goals.reader.meanMs &&
    isWithinLimits(words, goals.words) &&
    averageValues(words.waitsMs) <= goals.words.meanMs &&
    findPercentile(words.waitsMs, 0.5) <= goals.words.p50Ms &&
    findPercentile(words.waitsMs, 0.9) <= goals.words.p90Ms &&
    isWithinLimits(withoutWords, goals.withoutWords)
  );
}

function isWithinLimits(
  figures: HumanFigures,
  limit: Pick<HumanFigures, 'naturalPercent' | 'allPercent'>,
) {
  return (
    figures.naturalPercent <= limit.naturalPercent &&
    figures.allPercent <= limit.allPercent
  );
}
