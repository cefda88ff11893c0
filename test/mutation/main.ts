import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

type Mutant = {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
};
/** Report of Stryker, with the fields read here. */
type Report = {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
};
type Place = Mutant & { readonly file: string };

const folder = import.meta.dirname;
const root = join(folder, '../..');
const program = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const reports = join(folder, 'reports');
/** Statuses of a mutant that a test has noticed. */
const noticedBy = ['Killed', 'Timeout', 'RuntimeError'];
const reportPath = join(reports, 'mutation.json');
const askedPath = join(reports, 'asked.json');
const configPath = join(reports, 'stryker.json');
/** Least percentage of noticed mutants, among those that any test runs. */
const leastScore = 80;
/** Longest run over one folder, in ms. */
const folderMs = 20 * 60_000;
/** Tests of a folder that has none of its name. */
const ownTests: Readonly<Record<string, readonly string[]>> = {
  app: ['test/*.test.ts', 'test/config/**/*.test.ts'],
};

const { values } = parseArgs({
  options: {
    'per-folder': { type: 'string', default: '5' },
    folders: { type: 'string' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '90' },
  },
});

if (!existsSync(program)) {
  console.error('Stryker is not installed: npm ci --prefix test/mutation');
  process.exit(1);
}
const base = JSON.parse(readFileSync(join(folder, 'stryker.config.json'), 'utf8'));
const all = readdirSync(join(root, 'src'), { withFileTypes: true });
const folders =
  values.folders?.split(',') ?? all.filter((one) => one.isDirectory()).map(({ name }) => name);
const endsAtMs = performance.now() + Number(values.minutes) * 60_000;

mkdirSync(reports, { recursive: true });
const places: Place[] = [];
const unfinished: string[] = [];
for (const name of folders) {
  const found = performance.now() < endsAtMs ? mutated(name) : undefined;
  if (found) places.push(...found);
  else unfinished.push(name);
  if (found) console.log(verdict(name, found));
}
if (unfinished.length > 0) console.log(`Not finished: ${unfinished.join(', ')}`);
console.log(verdict(`seed ${values.seed}`, places));
process.exitCode = scoreOf(places) >= leastScore && places.length > 0 ? 0 : 1;

/** The drawn mutants of one folder of src, each judged by the tests of that folder; undefined where Stryker did not end. */
function mutated(name: string): readonly Place[] | undefined {
  rmSync(reportPath, { force: true });
  const tests = ownTests[name] ?? [`test/${name}/**/*.test.ts`];
  const mutants = Number(values['per-folder']);
  writeFileSync(askedPath, JSON.stringify({ mutants, seed: values.seed, tests }));
  const mutate = [`src/${name}/**/*.ts`, ...base.mutate];
  writeFileSync(configPath, JSON.stringify({ ...base, mutate }));
  // Outside of the repository: linter and tests of the project are not to find the mutated copy.
  using copy = mkdtempDisposableSync(join(tmpdir(), 'parley-mutation-'));
  spawnSync(process.execPath, [program, 'run', configPath, '--tempDirName', copy.path], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'ignore'],
    timeout: folderMs,
  });
  if (!existsSync(reportPath)) return undefined;
  const report: Report = JSON.parse(readFileSync(reportPath, 'utf8'));
  return Object.entries(report.files).flatMap(([file, { mutants: some }]) =>
    some.map((one) => ({ ...one, file })),
  );
}

/** Counts, and each survivor with its place. */
function verdict(name: string, found: readonly Place[]): string {
  const count = (...statuses: readonly string[]) => withStatus(found, ...statuses).length;
  const [noticed, survived] = [count(...noticedBy), count('Survived')];
  const counts = `${noticed} of ${noticed + survived} covered mutants noticed`;
  const more = `${count('Timeout')} by a timeout, ${count('NoCoverage')} run by no test of the folder`;
  const lines = withStatus(found, 'Survived', 'NoCoverage').map(
    ({ file, status, mutatorName, replacement = '', location: { start } }) =>
      `  ${status === 'Survived' ? 'survived' : 'not run'} ${file}:${start.line}:${start.column} ${mutatorName}: ${replacement.replaceAll(/\s+/g, ' ').slice(0, 80)}`,
  );
  const isFolder = folders.includes(name);
  return [
    `${name} ${scoreOf(found).toFixed(1)} %: ${counts}, ${more}`,
    ...(isFolder ? lines : []),
  ].join('\n');
}

function scoreOf(found: readonly Place[]): number {
  const noticed = withStatus(found, ...noticedBy).length;
  return (100 * noticed) / Math.max(1, noticed + withStatus(found, 'Survived').length);
}

function withStatus(found: readonly Place[], ...statuses: readonly string[]): readonly Place[] {
  return found.filter(({ status }) => statuses.includes(status));
}
