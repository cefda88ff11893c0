import type { ToolCall } from '#src/chat/chat-model.ts';
import { FakeHost } from '#test/contracts/pipeline-contract.ts';
import {
  askLive,
  makeLiveSound,
  makeReleasedHost,
  makeSpokenTurn,
  openLive,
  readAnswer,
  writeScript,
} from './live-setup.ts';

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
