import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** As much of a report of Stryker as is read here. */
type Report = {
  readonly files: Readonly<
    Record<string, { readonly mutants: readonly { readonly status: string }[] }>
  >;
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
// Outside of the repository: linter and tests of the project are not to find the mutated copy.
const copy = mkdtempDisposableSync(join(tmpdir(), 'parley-mutation-'));
const config = join(folder, 'stryker.config.json');
spawnSync(process.execPath, [program, 'run', config, '--tempDirName', copy.path], {
  cwd: join(folder, '../..'),
  stdio: 'inherit',
});
copy.remove();
if (!existsSync(reportPath)) {
  console.error('Stryker wrote no report.');
  process.exit(1);
}
const report: Report = JSON.parse(readFileSync(reportPath, 'utf8'));
const all = Object.entries(report.files).flatMap(([file, { mutants }]) =>
  mutants.map(({ status }) => ({ room: file.split('/')[1] ?? '', status })),
);
let total = 0;
for (const room of [...new Set(all.map((one) => one.room)), undefined]) {
  const count = (...statuses: readonly string[]) =>
    all.filter((one) => statuses.includes(one.status) && (!room || one.room === room)).length;
  const [noticed, survived] = [count('Killed', 'Timeout', 'RuntimeError'), count('Survived')];
  total = (100 * noticed) / Math.max(1, noticed + survived);
  const covered = `${noticed} of ${noticed + survived} covered mutants noticed`;
  const more = `${count('Timeout')} by a timeout, ${count('NoCoverage')} run by no test`;
  console.log(`${room ?? `seed ${values.seed}`} ${total.toFixed(1)} %: ${covered}, ${more}`);
}
process.exitCode = total >= leastScore ? 0 : 1;
