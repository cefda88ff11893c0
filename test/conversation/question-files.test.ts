import { Session } from 'node:inspector/promises';
import { inLounge } from '#test/commands/command-ports.ts';
import { runTyped } from '#test/commands/run-typed.ts';
import {
  openServed,
  type ServedSession,
} from '#test/conversation/setup/served-session.ts';

/** Files of `src` and `commands` that run until the first frame sounds, to be lowered as they fall. */
const mostFiles = { question: 140, sound: 54 };

/** Counts the files that run from `begin` to the first frame. */
async function countFiles(served: ServedSession, begin: () => Promise<unknown>) {
  const profiler = new Session();
  profiler.connect();
  await profiler.post('Profiler.enable');
  await profiler.post('Profiler.startPreciseCoverage', {
    callCount: true,
    detailed: false,
  });
  await begin();
  await served.until(() => served.soundedMs(400) > 0, 'the first frame');
  const { result } = await profiler.post('Profiler.takePreciseCoverage');
  profiler.disconnect();
  const passed = result.filter(
    ({ functions, url }) =>
      /(?<!node_modules.*)\/(?:src|commands)\/[\w/-]+\.ts/.test(url) &&
      functions.some(({ ranges }) => ranges[0] && ranges[0].count > 0),
  );
  return passed.length;
}

// What other tests of this process leave behind may run a file more at one try, never at three.
const tries = { retry: 2 };

test('a question passes few files of src', tries, async () => {
  await using served = await openServed('chained', {
    replies: [{ match: /./, text: 'Ten.' }],
  });
  await served.ask('forward');
  await served.settle();
  const count = await countFiles(served, () => served.say('capital'));
  expect(count).toBeGreaterThan(100);
  expect(count).toBeLessThanOrEqual(mostFiles.question);
});

test('a sound that a person plays passes few files', tries, async () => {
  await using served = await openServed('chained');
  await served.settle();
  const { tracks } = served.fixture;
  const count = await countFiles(served, () =>
    runTyped(
      'track play',
      { ...inLounge, words: { sound: 'rain' } },
      { playSound: (...request) => tracks.playSound(...request) },
    ),
  );
  expect(count).toBeGreaterThan(40);
  expect(count).toBeLessThanOrEqual(mostFiles.sound);
});
