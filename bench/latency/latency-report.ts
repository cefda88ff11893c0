import { formatTable } from '#bench/format-table.ts';
import type { MeasuredRow } from './measured-path.ts';
import {
  estimateFloors,
  findImpossibleFigures,
  type Spread,
  toSpread,
  turnInstants,
} from './turn-figures.ts';

/** Largest share of questions answered before they end; one is always allowed. A bot that cuts people off is not fast. */
const maxCutShare = 0.08;

/** Figures of one row, in ms from the last voiced packet of a question to the answer's first. */
export type TurnFigures = {
  /** Number of questions that were answered whole. */
  readonly turns: number;
  /** Delays of the bot. */
  readonly heard: Spread;
  /** Delays of the ideal bot. NaN where there is none. */
  readonly ideal: Spread;
  /** Ratio of the medians, ours to the ideal one. This figure is compared between machines. NaN without an ideal bot. */
  readonly ratio: number;
};

/** Sums up the questions that were answered whole. */
export function toTurnFigures({
  turns,
  idealMs,
}: Pick<MeasuredRow, 'turns' | 'idealMs'>): TurnFigures {
  const wholeTurns = turns.filter((turn) => turn.isWhole);
  const heardMs = wholeTurns.map(({ sinceMs }) => sinceMs['first packet heard']);
  const heardSpread = toSpread(heardMs);
  const ideal = toSpread(idealMs);
  const ratio = Math.round((heardSpread.p50 / ideal.p50) * 1000) / 1000;
  return { turns: wholeTurns.length, heard: heardSpread, ideal, ratio };
}

/** Finds faults of a measurement, one sentence each. Empty: its figures count. */
export function findFaults({ row, turns, missed }: MeasuredRow): readonly string[] {
  const wholeTurns = turns.filter((turn) => turn.isWhole);
  const cutCount = turns.length - wholeTurns.length;
  const questionCount = turns.length + missed;
  const faults = findImpossibleFigures(wholeTurns, row).map(
    (fault) => `${fault}: the measurement is wrong`,
  );
  if (missed > 0) faults.push(`${missed} of ${questionCount} questions got no answer`);
  if (cutCount > Math.max(1, maxCutShare * questionCount)) {
    const cutTexts = turns.flatMap(({ isWhole, text }) =>
      isWhole ? [] : [`"${text}"`],
    );
    faults.push(
      `${cutCount} of ${questionCount} questions were cut off, ${[...new Set(cutTexts)].join(', ')}`,
    );
  }
  return faults.map((fault) => `${row.name}: ${fault}.`);
}

/** Formats the eight instants of a row, in ms since the last voiced packet, each with its floor: no bot can be faster. */
export function formatInstants(measured: MeasuredRow): string {
  const { row, turns, missed } = measured;
  const wholeTurns = turns.filter((turn) => turn.isWhole);
  const { ideal, ratio } = toTurnFigures(measured);
  const floors = estimateFloors(row);
  const instantRows = turnInstants.map(([name]) => {
    const { p50, p95 } = toSpread(wholeTurns.map(({ sinceMs }) => sinceMs[name]));
    return [
      name,
      formatMs(p50),
      formatMs(p95),
      floors[name] > 0 ? formatMs(floors[name]) : '',
    ];
  });
  const serialMs = floors['first packet heard'];
  const columnNames = [
    `${row.name}: ms since the last voiced packet was sent`,
    'p50',
    'p95',
    'floor',
  ];
  const comparisonRows = [
    [
      'ideal bot: the same providers, no Discord',
      formatMs(ideal.p50),
      formatMs(ideal.p95),
      formatMs(serialMs),
    ],
    ['ours / ideal', formatRatio(ratio)],
  ];
  const counts = `${wholeTurns.length} turns; cut off: ${turns.length - wholeTurns.length}; not answered: ${missed}`;
  return `${formatTable(columnNames, [...instantRows, ...comparisonRows])}\n${counts}`;
}

/** Formats a row for each measured one: when the first packet was heard, beside the ideal bot. */
export function formatSummary(measuredRows: readonly MeasuredRow[]): string {
  const rows = measuredRows.map((measured) => {
    const { heard, ideal, ratio } = toTurnFigures(measured);
    const formatSpread = ({ p50, p95 }: Spread) =>
      `${formatMs(p50)} / ${formatMs(p95)}`;
    return [
      measured.row.name,
      formatSpread(heard),
      formatSpread(ideal),
      formatRatio(ratio),
    ];
  });
  const columnNames = ['p50 / p95 ms', 'first packet heard', 'ideal bot', 'ratio'];
  return formatTable(columnNames, rows);
}

function formatRatio(ratio: number) {
  return Number.isNaN(ratio) ? '-' : ratio.toFixed(2);
}

function formatMs(value: number) {
  return Number.isNaN(value) ? '-' : value.toFixed(0);
}
