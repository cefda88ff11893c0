import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Most tests of a run that may need a second attempt. */
const maxRepeats = 3;

/** Prints each test that needed a second attempt below the summary of vitest; fails the run above `maxRepeats`. */
export class RepeatReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    const repeated = modules.flatMap(({ children }) =>
      [...children.allTests()].filter(hasRepeats),
    );
    for (const test of repeated)
      console.log(`Repeated: ${test.fullName}: ${getFirstError(test)}`);
    const isTooMany = repeated.length > maxRepeats;
    const verdict = isTooMany ? `, more than ${maxRepeats}: the run fails` : '';
    console.log(`Tests repeated: ${repeated.length}${verdict}`);
    if (isTooMany) process.exitCode = 1;
  }
}

function hasRepeats(test: TestCase) {
  return (test.diagnostic()?.retryCount ?? 0) > 0;
}

function getFirstError(test: TestCase) {
  const [line = ''] = (test.result().errors?.[0]?.message ?? '').split('\n');
  return line;
}
