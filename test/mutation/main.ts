import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** As much of a report of Stryker as is read here. */
type Report = {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
};
type Mutant = {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
};

const folder = import.meta.dirname;
const program = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const reports = join(folder, 'reports');
const reportPath = join(reports, 'mutation.json');
/** Of the mutants that any test runs, so many are to be noticed. */
const leastScore = 80;

const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '800' },
    seed: { type: 'string', default: '1' },
  },
});

if (!existsSync(program)) {
  console.error('Stryker is not installed: npm ci --prefix test/mutation');
  process.exit(1);
}
rmSync(reportPath, { force: true });
mkdirSync(reports, { recursive: true });
const asked = { mutants: Number(values.sample), seed: values.seed };
writeFileSync(join(reports, 'asked.json'), JSON.stringify(asked));
spawnSync(process.execPath, [program, 'run', join(folder, 'stryker.config.json')], {
  cwd: join(folder, '../..'),
  stdio: 'inherit',
});
if (!existsSync(reportPath)) {
  console.error('Stryker wrote no report.');
  process.exit(1);
}
const report: Report = JSON.parse(readFileSync(reportPath, 'utf8'));
const all = Object.entries(report.files).flatMap(([file, { mutants }]) =>
  mutants.map((mutant) => ({ file, ...mutant })),
);
const of = (...statuses: readonly string[]) =>
  all.filter(({ status }) => statuses.includes(status));
const [noticed, survivors] = [of('Killed', 'Timeout', 'RuntimeError'), of('Survived')];
const score = (100 * noticed.length) / Math.max(1, noticed.length + survivors.length);
for (const { file, location, mutatorName, replacement } of survivors) {
  const { line, column } = location.start;
  const became = (replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 80);
  console.log(`survived ${file}:${line}:${column} ${mutatorName}: ${became}`);
}
const covered = `${noticed.length} of ${noticed.length + survivors.length} covered mutants noticed`;
console.log(
  `${score.toFixed(1)} %: ${covered}, ${of('NoCoverage').length} run by no test, seed ${values.seed}`,
);
process.exitCode = score >= leastScore ? 0 : 1;
