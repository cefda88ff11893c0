/** The value that `part` (0 to 1) of all are at or below. */
export function findPercentile(values: readonly number[], part: number) {
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ??
    Number.NaN
  );
}

export function sumValues<T>(values: Iterable<T>, part: (value: T) => number) {
  let sum = 0;
  for (const value of values) sum += part(value);
  return sum;
}

export function meanOfValues(values: readonly number[]) {
  return sumValues(values, (value) => value) / values.length;
}

export type TableRow = readonly (string | number | undefined)[];

/** Rows under a head, columns as wide as their widest cell. Numbers are rounded; without a value there is a dash. */
export function formatTable(head: readonly string[], rows: readonly TableRow[]) {
  const all = [head, ...rows.map((row) => row.map(formatCell))];
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
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
