/** Finds the value that a share (0 to 1) of all values are at or below. NaN without values. */
export function findPercentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ??
    Number.NaN
  );
}

/** Sums a number of each value. */
export function sumValues<T>(
  values: Iterable<T>,
  getNumber: (value: T) => number,
): number {
  let sum = 0;
  for (const value of values) sum += getNumber(value);
  return sum;
}

/** Averages values. NaN without any. */
export function averageValues(values: readonly number[]): number {
  return sumValues(values, (value) => value) / values.length;
}

/** Cells of a table. Numbers are rounded, and undefined is an empty cell. */
export type TableRow = readonly (string | number | undefined)[];

/** Formats rows under the names of their columns, each as wide as its widest cell. NaN becomes a dash. */
export function formatTable(
  columnNames: readonly string[],
  rows: readonly TableRow[],
): string {
  const cells = [columnNames, ...rows.map((row) => row.map(formatCell))];
  const widths = columnNames.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function formatCell(cell: TableRow[number] = '') {
  if (typeof cell === 'string') return cell;
  return Number.isNaN(cell) ? '-' : cell.toFixed(0);
}
