import { Session } from 'node:inspector/promises';
import { openServed } from '#test/conversation/setup/served-session.ts';

/** Files of src that a question may pass from its first packet to the first frame of the answer; to be lowered as they fall. */
const mostFiles = 144;

test('a question passes few files of src', async () => {
  await using served = await openServed('chained', {
    replies: [{ match: /./, text: 'Ten.' }],
  });
  await served.ask('forward');
  await served.settle();
  const profiler = new Session();
  profiler.connect();
  await profiler.post('Profiler.enable');
  await profiler.post('Profiler.startPreciseCoverage', {
    callCount: true,
    detailed: false,
  });
  await served.say('capital');
  await served.until(() => served.soundedMs(400) > 0, 'the beginning of an answer');
  const { result } = await profiler.post('Profiler.takePreciseCoverage');
  const passed = result.filter(
    ({ functions, url }) =>
      /(?<!node_modules.*)\/src\/[\w/-]+\.ts/.test(url) &&
      functions.some(({ ranges }) => ranges[0] && ranges[0].count > 0),
  );
  expect(passed.length).toBeGreaterThan(100);
  expect(passed.length).toBeLessThanOrEqual(mostFiles);
});
