import { existsSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that wait more than they compute: people speak there in real time, or messages are posted at Discord's pace. */
const waitingTests = /\/test\/(scenarios|discord|sandbox|processes)\b/;
/** Files whose many tests stand elsewhere, or take long: their size does not tell. Longest first. */
const longTests = [
  'test/scenarios/scenes.test.ts',
  'test/mission.test.ts',
  'test/simulate/simulate.test.ts',
  'test/virtual-scenes/generated.test.ts',
  'test/simulate/simulate.long.test.ts',
  'test/virtual-scenes/generated.long.test.ts',
  'test/speech/local/english/phonemes.test.ts',
  'test/scenarios/scenes.long.test.ts',
  'test/speech/local/requests.long.test.ts',
  'test/processes/shard-ranges.long.test.ts',
  'test/doctor/live.long.test.ts',
  'test/page/browser/talk.browser.ts',
  'test/sources/formats/formats.long.test.ts',
  'test/audio/echo/echo.long.test.ts',
  'test/conversation/pipelines/chained.test.ts',
  'test/conversation/pipelines/audio-model.long.test.ts',
  'test/conversation/pipelines/realtime.long.test.ts',
  'test/doctor/secrets.long.test.ts',
  'test/discord/link/dave-group.long.test.ts',
  'test/storage/postgres/shard-locks.test.ts',
  'test/deploy/image.long.test.ts',
];
/** Share of the computing files beside which all waiting ones are begun: none begins last. */
const shareOfCore = 0.6;

/**
 * Order of test files: those that wait beside those that compute, so that no core is idle and none is fought for.
 *
 * Within both, as vitest orders them: what took longest first, or what is largest where nothing is known yet.
 */
export class TestSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const gone = longTests.filter((path) => !existsSync(path));
    if (gone.length > 0)
      throw new Error(`test/test-sequencer.ts names files that are gone: ${gone}`);
    const sorted = (await super.sort(files)).toSorted(
      (a, b) => rankFile(a) - rankFile(b),
    );
    const [waits, computes] = [
      sorted.filter(isWaitingTest),
      sorted.filter((specification) => !isWaitingTest(specification)),
    ];
    return [...placeFiles(waits, shareOfCore), ...placeFiles(computes, 1)]
      .toSorted((a, b) => a.at - b.at)
      .map(({ file }) => file);
  }
}

/** Spread evenly from 0 to `end`. */
function placeFiles(files: readonly TestSpecification[], end: number) {
  return files.map((file, n) => ({ file, at: (n / files.length) * end }));
}

function isWaitingTest({ moduleId }: TestSpecification) {
  return waitingTests.test(moduleId);
}

function rankFile({ moduleId }: TestSpecification) {
  const index = longTests.findIndex((path) => moduleId.endsWith(path));
  return index < 0 ? longTests.length : index;
}
