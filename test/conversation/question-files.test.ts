import { Session } from 'node:inspector/promises';
import { inLounge } from '#test/commands/command-ports.ts';
import { runTyped } from '#test/commands/run-typed.ts';
import {
  openServed,
  type ServedSession,
} from '#test/conversation/setup/served-session.ts';

/** Files of `src` and `commands` that run until the first frame sounds, to be lowered as they fall. Alone they are 120 and 57; other tests of the process add up to five. */
const mostFiles = { question: 124, sound: 61 };

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
  await served.passUntil(() => served.soundedMs(400) > 0, 'the first frame');
  const { result } = await profiler.post('Profiler.takePreciseCoverage');
  profiler.disconnect();
  const passed = result.filter(
    ({ functions, url }) =>
      /(?<!node_modules.*|\/test)\/(?:src|commands)\/[\w/-]+\.ts/.test(url) &&
      functions.some(({ ranges }) => ranges[0] && ranges[0].count > 0),
  );
  return passed.length;
}

test('a question passes few files of src', async () => {
  await using served = await openServed('chained', {
    replies: [{ match: /./, text: 'Ten.' }],
  });
  await served.ask('forward');
  await served.settleAll();
  const count = await countFiles(served, () => served.say('capital'));
  expect(count).toBeGreaterThan(100);
  expect(count).toBeLessThanOrEqual(mostFiles.question);
});

test('a sound that a person plays passes few files', async () => {
  await using served = await openServed('chained');
  await served.settleAll();
  const { tracks } = served.fixture;
  const count = await countFiles(served, () =>
    runTyped(
      'track play',
      { ...inLounge, inputs: { sound: 'rain' } },
      { playSound: (...request) => tracks.playSound(...request) },
    ),
  );
  expect(count).toBeGreaterThan(40);
  expect(count).toBeLessThanOrEqual(mostFiles.sound);
});
