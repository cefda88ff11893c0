import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import type { BenchRow } from './bench-rows.ts';
import { openMeasuredPath } from './measured-path.ts';
import { type PauseKind, pauseKinds, readPauseClips } from './pause-clips.ts';
import type { MeasuredTurn } from './turn-figures.ts';

/** Goals of the medians: from the noticed pause to the request, and from the answer without pauses to that with them, in ms. */
const goals = { askedMs: 60, laterMs: 60 };

/** Models without a known price on the machine's own servers are free, so that the bot begins every preemptive answer. */
const freeModels = {
  TRANSCRIPTION_MODEL: 'mock',
  CHAT_COMPLETION_MODEL: 'mock',
  SPEECH_MODEL: 'mock',
};

type SpokenTurn = MeasuredTurn & { readonly spokenMs: number };

/** Asks questions of people, with pauses and without, and complains where those with pauses are asked or answered too late. Takes `count` clips of each kind, of `clipFolder` or test/fixtures/human. */
export async function comparePauses(
  row: BenchRow,
  clipFolder: string | undefined,
  count: number,
  complain: (sentence: string) => void,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'parley-clips-'));
  const clips = await readPauseClips(clipFolder, folder.path, count);
  let [currentClip] = clips.clean;
  await using path = await openMeasuredPath(
    row,
    undefined,
    (pcm) => currentClip?.hearPcm(pcm) ?? '',
    freeModels,
  );
  const turns: Record<PauseKind, SpokenTurn[]> = {
    clean: [],
    hesitation: [],
    'natural pauses cut out': [],
    'natural pauses': [],
  };
  // Other work on the machine comes and goes, so the kinds take turns.
  for (let n = 0; n < count; n++) {
    for (const kind of pauseKinds) {
      const clip = clips[kind][n];
      if (!clip) continue;
      currentClip = clip;
      const { turns: answeredTurns } = await path.measureTurns([clip], 1);
      const { spokenMs } = clip;
      turns[kind].push(...answeredTurns.map((turn) => ({ ...turn, spokenMs })));
    }
  }
  const rows = pauseKinds.map((kind) => toRow(kind, turns[kind]));
  console.log(`\n${row.name}, people's questions: ms, p50 / p90
${formatTable(columnNames, rows)}`);
  for (const fault of findFaults(turns)) complain(fault);
}

const columnNames = [
  'clips',
  'answered whole',
  'asked after the noticed pause',
  'asked after the last sound',
  'first packet heard',
  'sound sent / spoken',
];

function toRow(kind: PauseKind, turns: readonly SpokenTurn[]) {
  const wholeTurns = turns.filter((turn) => turn.isWhole);
  const formatSpread = (getMs: (turn: MeasuredTurn) => number) => {
    const values = wholeTurns.map(getMs);
    return [0.5, 0.9]
      .map((share) => findPercentile(values, share).toFixed(0))
      .join(' / ');
  };
  const sentShare =
    sumValues(wholeTurns, ({ sentMs }) => sentMs) /
    sumValues(wholeTurns, ({ spokenMs }) => spokenMs);
  return [
    kind,
    `${wholeTurns.length} of ${turns.length}`,
    formatSpread(measureAskedMs),
    formatSpread(({ askedMs }) => askedMs),
    formatSpread(measureHeardMs),
    sentShare.toFixed(2),
  ];
}

function measureAskedMs({ askedMs, noticedMs }: MeasuredTurn) {
  return askedMs - noticedMs;
}

function measureHeardMs({ sinceMs }: MeasuredTurn) {
  return sinceMs['first packet heard'];
}

function findFaults(turns: Readonly<Record<PauseKind, readonly SpokenTurn[]>>) {
  const medianMs = (kind: PauseKind, getMs: (turn: MeasuredTurn) => number) =>
    findPercentile(turns[kind].filter((turn) => turn.isWhole).map(getMs), 0.5);
  const pairs = [
    ['hesitation', 'clean'],
    ['natural pauses', 'natural pauses cut out'],
  ] as const;
  return pairs.flatMap(([kind, without]) => {
    const askedMs = medianMs(kind, measureAskedMs);
    const laterMs = medianMs(kind, measureHeardMs) - medianMs(without, measureHeardMs);
    const faults: string[] = [];
    if (!(askedMs <= goals.askedMs))
      faults.push(`${kind}: asked ${askedMs.toFixed(0)} ms after the noticed pause.`);
    if (!(laterMs <= goals.laterMs))
      faults.push(`${kind}: answered ${laterMs.toFixed(0)} ms later than without.`);
    return faults;
  });
}
