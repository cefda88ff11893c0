import { table } from '#bench/table.ts';
import { type DuplexFigures, type DuplexTarget, duplexTargets, isMet } from './figures.ts';

/** A column of the table. */
export type DuplexColumn = { readonly name: string; readonly figures: DuplexFigures };

/** A row for each figure that any bot has, with what is wanted of the first column. */
export function duplexTable(columns: readonly DuplexColumn[]): string {
  const rows = [...new Set(columns.flatMap(({ figures }) => Object.keys(figures)))];
  return table(
    ['', ...columns.map(({ name }) => name), 'wanted', ''],
    rows.map((row) => {
      const target = duplexTargets[row];
      const [first] = columns;
      const cells = columns.map(({ figures }) => cell(row, figures[row]));
      return [row, ...cells, ...(target ? wanted(row, target, first?.figures[row]) : ['', ''])];
    }),
  );
}

/** Rows that the first column does not reach. */
export function missedTargets({ figures }: DuplexColumn): readonly string[] {
  return Object.entries(duplexTargets).flatMap(([row, target]) =>
    isMet(target, figures[row] ?? Number.NaN) ? [] : [row],
  );
}

function wanted(row: string, target: DuplexTarget, reached = Number.NaN): string[] {
  const [sign, value] =
    'atLeast' in target ? (['>=', target.atLeast] as const) : (['<=', target.atMost] as const);
  return [`${sign} ${cell(row, value)}`, isMet(target, reached) ? 'met' : 'NOT MET'];
}

function cell(row: string, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  if (value === Number.POSITIVE_INFINITY) return 'never';
  return row.endsWith(' ms') && !row.endsWith('over 60 ms') ? value.toFixed(0) : value.toFixed(3);
}
