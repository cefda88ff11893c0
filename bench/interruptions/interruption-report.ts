import { findPercentile, formatTable, type TableRow } from '#bench/format-table.ts';
import { formatShare } from '#bench/people/people-report.ts';
import type { PlayedKind } from './overlap-sounds.ts';
import type { PlayedOverlap } from './play-overlaps.ts';

/** A detection counts within this time from the begin (TurnBench, https://github.com/SesameAILabs/turnbench). */
const [earliestMs, latestMs] = [-250, 3_000];
/** The best of TurnBench in August 2026, for interruptions: recall and false positives in percent, median in ms. */
const others: readonly TableRow[] = [
  ['MicroCF, its clips', '-', '98.4 %', '-', 747, '-', '7.3 %'],
  ['Vox Maru, its clips', '-', '96.4 %', '-', 368, '-', '8.5 %'],
  ['smart-turn v3, its clips', '-', '10.7 %', '-', '-', '-', '9.3 %'],
];
const harmlessKinds: readonly PlayedKind[] = [
  'backchannel',
  'wordless voice',
  'noise',
  'laugh',
];

/** Formats recall and false stops, beside those of others, and how soon the answer is back after what stops nothing. */
export function formatInterruptions(played: readonly PlayedOverlap[]): string {
  const inEnglish = played.filter(({ sound }) => (sound.language ?? 'en') === 'en');
  const inOthers = played.filter(({ sound }) => (sound.language ?? 'en') !== 'en');
  const early = played.filter(({ saidAfterMs }) => saidAfterMs < 1_000);
  const late = played.filter(({ saidAfterMs }) => saidAfterMs >= 1_000);
  const rows = [
    formatDetections('all', played),
    formatDetections('in English, as asked', inEnglish),
    formatDetections('in another language', inOthers),
    formatDetections('in the first second', early),
    formatDetections('later', late),
    ...others,
  ];
  const columns = [
    'interruptions',
    'number',
    'recall',
    'p10',
    'p50',
    'p90',
    'backchannels that stop it',
  ];
  const harmless = harmlessKinds.map((kind) =>
    formatReturns(
      kind,
      played.filter(({ sound }) => sound.kind === kind),
    ),
  );
  const allOverlaps = played.filter(({ sound }) => sound.kind !== 'interruption');
  return `${formatTable(columns, rows)}

${formatTable(
  [
    'what should stop nothing',
    'number',
    'stop it',
    'duck it',
    'pause it',
    'back p50',
    'p95',
    'longest',
  ],
  [...harmless, formatReturns('all', allOverlaps)],
)}`;
}

/** Returns whether the answer ended in time for what was said. */
export function isDetected({ endedMs }: PlayedOverlap): boolean {
  return endedMs !== undefined && endedMs >= earliestMs && endedMs <= latestMs;
}

function formatDetections(name: string, played: readonly PlayedOverlap[]): TableRow {
  const interruptions = played.filter(({ sound }) => sound.kind === 'interruption');
  const detected = interruptions.filter(isDetected);
  const latenciesMs = detected.flatMap(({ endedMs }) => endedMs ?? []);
  const backchannels = played.filter(({ sound }) => sound.kind === 'backchannel');
  return [
    name,
    interruptions.length,
    formatShare(detected.length, interruptions.length),
    ...[0.1, 0.5, 0.9].map((share) => findPercentile(latenciesMs, share)),
    formatShare(backchannels.filter(isEnded).length, backchannels.length),
  ];
}

function formatReturns(name: string, played: readonly PlayedOverlap[]): TableRow {
  const backMs = played.flatMap(({ backMs }) => backMs ?? []);
  return [
    name,
    played.length,
    formatShare(played.filter(isEnded).length, played.length),
    played.filter(({ isDucked }) => isDucked).length,
    played.filter(({ silentMs }) => silentMs !== undefined).length,
    ...[0.5, 0.95, 1].map((share) => findPercentile(backMs, share)),
  ];
}

function isEnded({ endedMs }: PlayedOverlap) {
  return endedMs !== undefined;
}
