import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import type { BenchRow } from './bench-rows.ts';
import { openMeasuredPath } from './measured-path.ts';
import { type PauseKind, pauseKinds, readPauseClips } from './pause-clips.ts';
import type { MeasuredTurn } from './turn-figures.ts';

/** Medians: from the noticed pause to the request, and how much later than without pauses the answer is heard, in ms. */
const goals = { askedMs: 60, laterMs: 60 };

/** An unknown name in a private network has no price, so nothing is spared. */
const freeModels = {
  TRANSCRIPTION_MODEL: 'mock',
  CHAT_COMPLETION_MODEL: 'mock',
  SPEECH_MODEL: 'mock',
};

type SpokenTurn = MeasuredTurn & { readonly spokenMs: number };

/** Asks questions of people, with pauses and without, and complains where those with pauses are asked or answered too late. */
export async function comparePauses(
  row: BenchRow,
  clipFolder: string | undefined,
  count: number,
  complain: (sentence: string) => void,
) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'parley-clips-'));
  const clips = await readPauseClips(clipFolder, folder.path, count);
  let [current] = clips.clean;
  await using path = await openMeasuredPath(
    row,
    undefined,
    (pcm) => current?.hearPcm(pcm) ?? '',
    freeModels,
  );
  const turns: Record<PauseKind, SpokenTurn[]> = {
    clean: [],
    hesitation: [],
    'own closed': [],
    'own pauses': [],
  };
  // Other work on the machine comes and goes, so the kinds take turns.
  for (let n = 0; n < count; n++) {
    for (const kind of pauseKinds) {
      const clip = clips[kind][n];
      if (!clip) continue;
      current = clip;
      const { turns: answered } = await path.measureTurns([clip], 1);
      const { spokenMs } = clip;
      turns[kind].push(...answered.map((turn) => ({ ...turn, spokenMs })));
    }
  }
  const rows = pauseKinds.map((kind) => toRow(kind, turns[kind]));
  console.log(`\n${row.name}, people's questions: ms, p50 / p90
${formatTable(head, rows)}`);
  for (const fault of findFaults(turns)) complain(fault);
}

const head = [
  'clips',
  'answered whole',
  'asked after the noticed pause',
  'asked after the last sound',
  'first packet heard',
  'sound sent / spoken',
];

function toRow(kind: PauseKind, turns: readonly SpokenTurn[]) {
  const whole = turns.filter((turn) => turn.whole);
  const spread = (part: (turn: MeasuredTurn) => number) => {
    const values = whole.map(part);
    return [0.5, 0.9]
      .map((share) => findPercentile(values, share).toFixed(0))
      .join(' / ');
  };
  const share =
    sumValues(whole, ({ sentMs }) => sentMs) /
    sumValues(whole, ({ spokenMs }) => spokenMs);
  return [
    kind,
    `${whole.length} of ${turns.length}`,
    spread(measureAskedMs),
    spread(({ askedMs }) => askedMs),
    spread(measureHeardMs),
    share.toFixed(2),
  ];
}

function measureAskedMs({ askedMs, noticedMs }: MeasuredTurn) {
  return askedMs - noticedMs;
}

function measureHeardMs({ sinceMs }: MeasuredTurn) {
  return sinceMs['first packet heard'];
}

function findFaults(turns: Readonly<Record<PauseKind, readonly SpokenTurn[]>>) {
  const medianMs = (kind: PauseKind, part: (turn: MeasuredTurn) => number) =>
    findPercentile(turns[kind].filter((turn) => turn.whole).map(part), 0.5);
  const pairs = [
    ['hesitation', 'clean'],
    ['own pauses', 'own closed'],
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
