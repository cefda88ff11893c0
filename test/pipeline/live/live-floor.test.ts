import type { Turn } from '#src/pipeline/pipeline.ts';
import type { LiveReply } from '#test/fakes/providers/live-model.ts';
import {
  askLive,
  makeReleasedHost,
  makeSpokenTurn,
  openLive,
  readAnswer,
  writeScript,
} from './live-setup.ts';

const story = 'Once upon a time there was a king who lived by the sea. '
  .repeat(8)
  .trim();
const four = 'It is four in the afternoon.';
/** Longest wait for the floor: docs/pipelines.md. */
const maxWaitMs = 15_000;

/** Words of somebody by name. */
function makeTurnOf(name: string, text: string): Turn {
  const turn = makeSpokenTurn(text);
  return { ...turn, utterances: turn.utterances.map((one) => ({ ...one, name })) };
}

/** Ana is told a story of half a minute, while Bo asks something. */
function openStory(next: LiveReply = { says: four }) {
  const standIn = writeScript(['Five, in writing.']);
  const live = openLive({
    standIn,
    answer: () => (live.server.sessions.length === 1 ? { says: story } : next),
  });
  return live;
}

test('somebody who waits 15 s for another is answered by the chat model, and both answers are whole', async () => {
  using live = openStory();
  const told = readAnswer(live, makeTurnOf('Ana', 'Tell me a story.'));
  await live.clock.advance(2_000);
  const beganMs = live.clock.nowMs();
  const failures: unknown[] = [];
  const host = Object.assign(makeReleasedHost(), {
    onLiveTurn: (failure: unknown) => void failures.push(failure),
  });
  const { error, text } = await askLive(live, makeTurnOf('Bo', 'What time?'), host);
  expect([error, text]).toEqual([undefined, 'Five, in writing.']);
  const waitedMs = live.clock.nowMs() - beganMs;
  expect(waitedMs).toBeGreaterThanOrEqual(maxWaitMs);
  expect(waitedMs).toBeLessThan(maxWaitMs + 200);
  // Nothing is wrong with the server, so people read of no failure, and Bo's next words are for the live model.
  expect(failures).toEqual([]);
  expect((await live.runWork(told)).text).toBe(story);
  expect(live.server.sessions).toHaveLength(1);
  expect((await askLive(live, makeTurnOf('Bo', 'And now?'))).text).toBe(four);
});

test('somebody who waits less is answered by the live model once the other is, and slowly too', async () => {
  using live = openStory({ says: four, thinksMs: 6_000 });
  const told = readAnswer(live, makeTurnOf('Ana', 'Tell me a story.'));
  await live.clock.advance(17_500);
  const waiting = readAnswer(live, makeTurnOf('Bo', 'What time is it?'));
  expect((await live.runWork(told)).text).toBe(story);
  expect(await live.runWork(waiting)).toMatchObject({ error: undefined, text: four });
});

test('without a chat model, who waited 15 s is told that others are served, by name', async () => {
  using live = openLive({ answer: () => ({ says: story }) });
  const told = readAnswer(live, makeTurnOf('Ana', 'Tell me a story.'));
  await live.clock.advance(2_000);
  const { error } = await askLive(live, makeTurnOf('Bo', 'What time is it?'));
  expect(error).toMatchObject({ code: 'provider.late', about: { isShareUsed: true } });
  expect((await live.runWork(told)).text).toBe(story);
});
