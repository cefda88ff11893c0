import { existsSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that wait more than they compute: people speak there in real time, or messages are posted at Discord's pace. */
const waiting = /\/test\/(scenarios|discord|sandbox|processes)\b/;
/** Files that begin: they wait for long, and need a processor for a tenth of their time. */
const first = [
  'test/processes/shard-ranges.long.test.ts',
  'test/doctor/live.long.test.ts',
  'test/processes/reminders.long.test.ts',
];
/** Files whose many tests stand elsewhere, or take long: their size does not tell. Longest first. */
const long = [
  'test/page/browser/talk.browser.ts',
  'test/speech/embedded/embedded.long.test.ts',
  'test/sources/formats/formats.long.test.ts',
  'test/audio/echo/echo.long.test.ts',
  'test/conversation/pipelines/chained.test.ts',
  'test/conversation/pipelines/audio-model.test.ts',
  'test/conversation/pipelines/realtime.test.ts',
  'test/doctor/secrets.test.ts',
  'test/storage/postgres/shard-locks.test.ts',
  'test/scenarios/discord/consent.long.test.ts',
  'test/scenarios/discord/reconnect.long.test.ts',
  'test/scenarios/captions/erased.long.test.ts',
  'test/scenarios/seats/return.long.test.ts',
  'test/scenarios/captions/restart.long.test.ts',
  'test/deploy/image.long.test.ts',
];
/** Share of the computing files beside which all waiting ones are begun: none begins last. */
const share = 0.6;

/**
 * Order of test files: those that wait beside those that compute, so that no core is idle and none is fought for. Those of `first` come before.
 *
 * Within both, as vitest orders them: what took longest first, or what is largest where nothing is known yet.
 */
export class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = [...first, ...long].filter((path) => !existsSync(path));
    if (gone.length > 0) throw new Error(`test/sequencer.ts names files that are gone: ${gone}`);
    const sorted = byRank(await super.sort(files), long);
    const begun = byRank(sorted.filter(isFirst), first);
    const others = sorted.filter((file) => !isFirst(file));
    const [waits, computes] = [others.filter(isWaiting), others.filter((one) => !isWaiting(one))];
    const spread = [...placed(waits, share), ...placed(computes, 1)]
      .toSorted((a, b) => a.at - b.at)
      .map(({ file }) => file);
    return [...begun, ...spread];
  }
}

/** Spread evenly from 0 to `end`. */
function placed(files: readonly TestSpecification[], end: number) {
  return files.map((file, n) => ({ file, at: (n / files.length) * end }));
}

function isFirst(file: TestSpecification): boolean {
  return rank(file, first) < first.length;
}

function isWaiting({ moduleId }: TestSpecification): boolean {
  return waiting.test(moduleId);
}

function byRank(files: readonly TestSpecification[], paths: readonly string[]) {
  return files.toSorted((a, b) => rank(a, paths) - rank(b, paths));
}

function rank({ moduleId }: TestSpecification, paths: readonly string[]): number {
  const place = paths.findIndex((path) => moduleId.endsWith(path));
  return place < 0 ? paths.length : place;
}
