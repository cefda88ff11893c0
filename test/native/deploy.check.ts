import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMetrics } from '#src/ops/metrics/metrics.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function readDeployFile(name: string) {
  return readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
}

/** Runs a program that judges files, and gives what it says: nothing where it finds nothing. */
function judgeFiles(program: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(program, args, {
    input,
    encoding: 'utf8',
  });
  return status === 0
    ? `${stdout}${stderr}`
    : `${program} ended with ${status}: ${stdout}${stderr}`;
}

// Proves: Prometheus: metrics, rules, configuration by real (promtool)
test('promtool finds nothing wrong with the names and types of the metrics', async () => {
  using metrics = openMetrics(() => true);
  const text = await metrics.meters.registry.metrics();
  expect(text).toContain('parley_ready');
  expect(judgeFiles('promtool', ['check', 'metrics'], text)).toBe('');
});

test("promtool reads the rules of the documents and Prometheus' configuration", () => {
  const [rules = ''] = /^groups:.*?(?=^```)/ms.exec(readDeployFile('README.md')) ?? [];
  const file = join(folder, 'rules.yaml');
  writeFileSync(file, rules);
  expect(judgeFiles('promtool', ['check', 'rules', file])).toMatch(
    /SUCCESS: \d+ rules found/,
  );
  const configuration = join(folder, 'prometheus.yaml');
  writeFileSync(configuration, readDeployFile('grafana/prometheus.yaml'));
  expect(judgeFiles('promtool', ['check', 'config', configuration])).toContain(
    'SUCCESS',
  );
});

// Proves: systemd units by reading (systemd-analyze verify)
test.each(['parley.service', 'parley@.service'])(
  'systemd-analyze verifies %s',
  (name) => {
    const unit = join(folder, name.replace('@', '@0'));
    // The program of a host without Node in /usr/bin would be the only complaint.
    const text = readDeployFile(name).replaceAll('/usr/bin/node', process.execPath);
    writeFileSync(unit, text.replace('/opt/parley', folder));
    expect(judgeFiles('systemd-analyze', ['verify', '--man=no', unit])).toBe('');
  },
);
