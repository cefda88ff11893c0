import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Most tests of a run that may need a second attempt. */
const mostRepeats = 3;

/** Prints each test that needed a second attempt below the summary of vitest; fails the run above `mostRepeats`. */
export class RepeatReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const repeated = modules.flatMap(({ children }) => [...children.allTests()].filter(isRepeated));
    for (const test of repeated) console.log(`Repeated: ${test.fullName}: ${firstError(test)}`);
    const isTooMany = repeated.length > mostRepeats;
    const verdict = isTooMany ? `, more than ${mostRepeats}: the run fails` : '';
    console.log(`Tests repeated: ${repeated.length}${verdict}`);
    if (isTooMany) process.exitCode = 1;
  }
}

function isRepeated(test: TestCase) {
  return (test.diagnostic()?.retryCount ?? 0) > 0;
}

function firstError(test: TestCase) {
  const [line = ''] = (test.result().errors?.[0]?.message ?? '').split('\n');
  return line;
}
