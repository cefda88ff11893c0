import { readFile } from 'node:fs/promises';
import { AlertBoard } from '#src/ops/alert-board.ts';
import { openLog } from '#src/ops/log.ts';
import { openMetrics } from '#src/ops/metrics/metrics.ts';
import { readComposeFile } from './compose-files.ts';

type Dashboard = {
  readonly panels: readonly {
    readonly targets: readonly { readonly expr: string }[];
  }[];
};

/** Labels that Prometheus adds. */
const ofPrometheus = ['__name__', 'instance', 'job', 'le'];

// Proves: Dashboard of Grafana by reading
test('each query of the dashboard names a metric of the bot and its labels', async () => {
  using metrics = openMetrics(() => true);
  new AlertBoard(openLog('silent'), metrics.meters);
  const known = new Map(
    metrics.meters.registry
      .getMetricsAsArray()
      .map(({ name, labelNames }: { name: string; labelNames?: readonly string[] }) => [
        name,
        labelNames ?? [],
      ]),
  );
  const dashboard: Dashboard = JSON.parse(
    await readFile('deploy/grafana/parley.json', 'utf8'),
  );
  const queries = dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr),
  );
  expect(queries.length).toBeGreaterThan(15);
  for (const query of queries) {
    const [named = ''] =
      /(?:parley|process)_\w+(\.\+)?/.exec(query.replace('_bucket', '')) ?? [];
    const name = [...known.keys()].find((text) => new RegExp(`^${named}$`).test(text));
    const labels = [
      ...(known.get(name ?? '') ?? [`no metric ${named}`]),
      ...ofPrometheus,
    ];
    const grouped = [...query.matchAll(/ by \(([^)]+)\)/g)].flatMap(([, by = '']) =>
      by.split(', '),
    );
    const selected = [...query.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
    expect(labels, query).toEqual(expect.arrayContaining([...grouped, ...selected]));
    expect(known.has(name ?? ''), query).toBe(true);
  }
});

test('the dashboard and its sources are mounted where Grafana and Prometheus look for them', async () => {
  const { grafana, prometheus } = (await readComposeFile('compose.metrics.yaml'))
    .services;
  const mounts = [grafana, prometheus].flatMap((service) => service?.volumes ?? []);
  const files = mounts.filter((mount) => mount.startsWith('./'));
  expect(files).toHaveLength(4);
  for (const mount of files) await readFile(`deploy/${mount.split(':')[0]}`, 'utf8');
});
