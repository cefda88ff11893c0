import type { ToolCall } from '#src/chat/chat-model.ts';
import type { Turn } from '#src/pipeline/pipeline.ts';
import { FakeHost } from '#test/contracts/pipeline-contract.ts';
import type { LiveReply } from '#test/fakes/providers/live-model.ts';
import {
  askLive,
  makeLiveSound,
  makeReleasedHost,
  makeSpokenTurn,
  openLive,
  readAnswer,
  writeScript,
} from '#test/pipeline/live/live-setup.ts';

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

const lampCall: ToolCall = { id: 'c1', name: 'lamp', argumentsJson: '{"on":true}' };

/** Counts how often the words stand in the text. */
function countTimes(text: string, words: string) {
  return text.split(words).length - 1;
}

test('a result of an answer that was given up is in no session any more, and is said once', async () => {
  using live = openLive({
    worker: writeScript(['Seven lamps.', 'Seven lamps.']),
    answer: () => ({ delegates: true, says: 'One moment.' }),
  });
  const { samples, sound } = makeLiveSound(1_000);
  const turn = makeSpokenTurn('How many lamps?', 1_000, {}, sound);
  const host = makeReleasedHost();
  await live.speakTurn(turn, sound, samples, host);
  const givenUp = new AbortController();
  const first = readAnswer(live, turn, host, givenUp.signal);
  const hasResult = () =>
    live.server.sessions[0]?.commands.some(
      ({ type }) => type === 'session.commentary.append',
    );
  while (!hasResult()) await live.clock.advance(20);
  // The voice connection was lost, and the same words are asked for again.
  givenUp.abort(new Error('given up'));
  await live.runWork(first);
  const { error, text } = await askLive(live, turn, host);
  expect(error).toBeUndefined();
  expect(countTimes(text, 'Seven lamps.')).toBe(1);
  const given = live.server.sessions.map(({ commands }) =>
    commands.filter(({ type }) => type === 'session.commentary.append'),
  );
  expect(given.map(({ length }) => length)).toEqual([1, 1]);
  expect(live.server.sessions[0]?.isClosed).toBe(true);
});

test('an answer whose session was lost while its tool ran says nothing of the next session', async () => {
  using live = openLive({
    worker: writeScript([lampCall, 'Not asked again.', 'Not asked again.']),
    answer: () => ({
      delegates: live.server.sessions.length === 1,
      says: 'One moment.',
    }),
  });
  const slowHost = new FakeHost();
  const first = readAnswer(live, makeSpokenTurn('Lamp on, please.'), slowHost);
  await live.clock.advance(4_000);
  live.server.dropAll();
  await live.clock.advance(100);
  const second = readAnswer(live, makeSpokenTurn('Lamp on, please.'));
  await live.clock.advance(1_500);
  expect(live.server.sessions).toHaveLength(2);
  slowHost.release();
  const ended = await live.runWork(first);
  expect(ended.error).toMatchObject({ code: 'provider.truncated' });
  expect(ended.text).toBe('');
  const { error, text } = await live.runWork(second);
  expect([error, text]).toEqual([undefined, 'One moment.']);
  expect(slowHost.ran).toEqual([lampCall]);
});
