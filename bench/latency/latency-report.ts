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

export type TurnFigures = {
  readonly turns: number;
  readonly heard: Spread;
  readonly ideal: Spread;
  /** Ratio of the medians, ours to the ideal one; this figure is compared between machines. */
  readonly ratio: number;
};

export function toTurnFigures({ turns, idealMs }: MeasuredRow) {
  const whole = turns.filter((turn) => turn.whole);
  const heardMs = whole.map(({ sinceMs }) => sinceMs['first packet heard']);
  const heard = toSpread(heardMs);
  const ideal = toSpread(idealMs);
  const ratio = Math.round((heard.p50 / ideal.p50) * 1000) / 1000;
  return { turns: whole.length, heard, ideal, ratio };
}

/** Faults of a measurement, one sentence each; empty: its figures count. */
export function findFaults({ row, turns, missed }: MeasuredRow) {
  const whole = turns.filter((turn) => turn.whole);
  const cut = turns.length - whole.length;
  const all = turns.length + missed;
  const found = findImpossibleFigures(whole, row).map(
    (what) => `${what}: the measurement is wrong`,
  );
  if (missed > 0) found.push(`${missed} of ${all} questions got no answer`);
  if (cut > Math.max(1, maxCutShare * all)) {
    const which = turns.flatMap(({ whole, text }) => (whole ? [] : [`"${text}"`]));
    found.push(
      `${cut} of ${all} questions were cut off, ${[...new Set(which)].join(', ')}`,
    );
  }
  return found.map((what) => `${row.name}: ${what}.`);
}

/** The eight instants of a row, the floor beside each. */
export function formatInstants(measured: MeasuredRow) {
  const { row, turns, missed } = measured;
  const whole = turns.filter((turn) => turn.whole);
  const { ideal, ratio } = toTurnFigures(measured);
  const floors = estimateFloors(row);
  const lines = turnInstants.map(([name]) => {
    const { p50, p95 } = toSpread(whole.map(({ sinceMs }) => sinceMs[name]));
    return [
      name,
      formatMs(p50),
      formatMs(p95),
      floors[name] > 0 ? formatMs(floors[name]) : '',
    ];
  });
  const serialMs = floors['first packet heard'];
  const head = [
    `${row.name}: ms since the last voiced packet was sent`,
    'p50',
    'p95',
    'floor',
  ];
  const rest = [
    [
      'ideal bot: the same providers, no Discord',
      formatMs(ideal.p50),
      formatMs(ideal.p95),
      formatMs(serialMs),
    ],
    ['ours / ideal', formatRatio(ratio)],
  ];
  const counts = `${whole.length} turns; cut off: ${turns.length - whole.length}; not answered: ${missed}`;
  return `${formatTable(head, [...lines, ...rest])}\n${counts}`;
}

/** First packet heard, a line for each row. */
export function formatSummary(all: readonly MeasuredRow[]) {
  const lines = all.map((measured) => {
    const { heard, ideal, ratio } = toTurnFigures(measured);
    const both = ({ p50, p95 }: Spread) => `${formatMs(p50)} / ${formatMs(p95)}`;
    return [measured.row.name, both(heard), both(ideal), formatRatio(ratio)];
  });
  const head = ['p50 / p95 ms', 'first packet heard', 'ideal bot', 'ratio'];
  return formatTable(head, lines);
}

function formatRatio(ratio: number) {
  return Number.isNaN(ratio) ? '-' : ratio.toFixed(2);
}

function formatMs(value: number) {
  return Number.isNaN(value) ? '-' : value.toFixed(0);
}
