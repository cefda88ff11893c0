/** Labels whose values tell how busy the machine was. */
const ofTheMachine = ['parley_alert_changes_total'];

/** One metric as it is seen from outside; `seen` has the values of each label. */
export type Metric = {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly seen?: Readonly<Record<string, readonly string[]>>;
};

/** The metrics of a page in the text format of Prometheus, with the labels that were registered for each. */
export function readMetrics(page: string, registered: string): readonly Metric[] {
  const labels = new Map(
    registered
      .split('\n')
      .filter((line) => line !== '')
      .map((line): [string, readonly string[]] => {
        const metric = JSON.parse(line);
        return [metric.name, metric.labels];
      }),
  );
  const lines = page.split('\n');
  const types = new Map(lines.flatMap((line) => heading(line, 'TYPE')));
  return lines
    .flatMap((line) => heading(line, 'HELP'))
    .map(([name, help]) => {
      const seen = ofTheMachine.includes(name) ? {} : valuesIn(lines, name);
      const all = new Set([...(labels.get(name) ?? []), ...Object.keys(seen)]);
      return { name, type: types.get(name) ?? '', help, labels: [...all].toSorted(), seen };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function heading(line: string, kind: 'HELP' | 'TYPE'): readonly (readonly [string, string])[] {
  const [, name, words] = new RegExp(`^# ${kind} (\\S+) (.*)$`).exec(line) ?? [];
  return name !== undefined && words !== undefined ? [[name, words]] : [];
}

/** Values of each label in the series of a metric, and of the parts of a histogram. */
function valuesIn(lines: readonly string[], name: string): Record<string, readonly string[]> {
  const series = new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `);
  const pairs = lines.flatMap((line) => [
    ...(series.exec(line)?.[1] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g),
  ]);
  const all: Record<string, readonly string[]> = {};
  for (const [, label = '', value = ''] of pairs)
    all[label] = [...new Set([...(all[label] ?? []), value])].toSorted();
  return all;
}
