import type { PipelineName } from '#src/pipeline/pipeline.ts';
import {
  openServed,
  type ServedOptions,
} from '#test/conversation/setup/served-session.ts';

/** Longer than any pause waits for words. */
const slowWordsMs = 2_000;

/** Milliseconds from the last packet of a question to the request for its answer, where words come slowly. */
async function measureRequest(
  name: PipelineName,
  overProbability?: ServedOptions['overProbability'],
) {
  await using served = await openServed(name, {
    replies: [{ match: /./, text: 'Ten.' }],
    pace: { recogniseMs: slowWordsMs },
    ...(overProbability !== undefined && { overProbability }),
  });
  await served.say('capital');
  const saidAtMs = served.fixture.clock.nowMs();
  await served.passUntil(() => served.asked.length > 0, 'a request for the answer');
  const atMs = served.fixture.clock.nowMs();
  await served.passUntil(
    () => served.fixture.of('answered').length > 0,
    'an answer to the question',
  );
  return atMs - saidAtMs;
}

test.each(['audio-model', 'realtime'] as const)(
  '%s is asked as soon as a question sounds over, before its words are known',
  async (name) => {
    const soonMs = await measureRequest(name, 0.95);
    expect(soonMs).toBeLessThanOrEqual(240);
    expect(await measureRequest(name, 0.05)).toBeGreaterThan(soonMs + 100);
  },
);

test.each(['audio-model', 'realtime'] as const)(
  '%s is asked after a short silence where neither the turn model nor the words come',
  async (name) => expect(await measureRequest(name, 'late')).toBeLessThanOrEqual(300),
);

test('chained is asked with the words alone', async () =>
  expect(await measureRequest('chained', 0.95)).toBeGreaterThan(slowWordsMs / 2));
