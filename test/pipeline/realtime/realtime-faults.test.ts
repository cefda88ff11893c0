import { getDurationMs } from '#src/audio/pcm.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import { joinTexts, makeTurn, toUtterance } from '#test/contracts/pipeline-contract.ts';
import type { TalkReply } from '#test/fakes/providers/realtime-call.ts';
import {
  drainAnswer,
  makeReleasedHost,
  makeSpokenTurn,
  openTalking,
  toHistory,
} from './talking-setup.ts';

const four = 'Well, as you ask, it is four.';
const answerFirst =
  (ends: NonNullable<TalkReply['ends']>, text = four) =>
  (_: string, request: number) =>
    request === 0 ? { text, ends } : { text: four };

/** Reads until so much sound came; the reader is not through then. */
async function hearPart(pipeline: Pipeline, turn: Turn, ms: number) {
  const caller = new AbortController();
  const replyStream = pipeline
    .answer(turn, makeReleasedHost(), caller.signal)
    [Symbol.asyncIterator]();
  for (let soundMs = 0; soundMs < ms; ) {
    const { value, done } = await replyStream.next();
    if (done) throw new Error('so much sound never came');
    if (value.kind === 'audio') soundMs += getDurationMs(value.pcm);
  }
  return {
    parts: replyStream,
    interrupt: () => caller.abort(new Error('interrupted')),
  };
}

test('an interruption closes the connection of the answer', async () => {
  const long = `${four} `.repeat(20).trim();
  await using talking = await openTalking({
    answer: () => ({ text: long }),
    soundSpeed: 5,
  });
  const heard = await hearPart(
    talking.pipeline,
    makeTurn(makeSpokenTurn('hello')),
    700,
  );
  heard.interrupt();
  await expect(heard.parts.next()).rejects.toThrow('interrupted');
  await expect
    .poll(() => [talking.countRunning(), talking.server.open])
    .toEqual([0, 0]);
  expect(talking.server.calls[0]?.errors).toEqual([]);
});

test.each([
  [
    'a connection that drops before the answer is replaced unnoticed, for money of its own',
    'drop',
  ],
  ['a session at its limit is replaced unnoticed, for money of its own', 'close'],
] as const)('%s', async (_, ends) => {
  await using talking = await openTalking({ answer: answerFirst(ends, '') });
  let holds = 0;
  const reserveRequest = () => void holds++;
  const host = makeReleasedHost();
  Object.assign(host.meter, { reserveRequest });
  const { parts, error } = await drainAnswer(
    talking.pipeline,
    makeTurn(makeSpokenTurn('hello')),
    host,
  );
  const { calls } = talking.server;
  expect([error, joinTexts(parts), calls.length, holds]).toEqual([
    undefined,
    four,
    2,
    2,
  ]);
  expect(toHistory(calls[1]).slice(0, 2)).toEqual(['user: Ana:', 'user: sound 1000']);
});

test('a connection that drops inside an answer ends it once, after the sound that came', async () => {
  await using talking = await openTalking({ answer: answerFirst('drop') });
  const { parts, error } = await drainAnswer(talking.pipeline);
  expect(error).toMatchObject({ code: 'provider.truncated', stage: 'think' });
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect((await drainAnswer(talking.pipeline)).error).toBeUndefined();
  expect(talking.server.calls).toHaveLength(2);
});

test('a reader who is slow keeps the server waiting', async () => {
  const minutes = `${four} `.repeat(400).trim(); // thirteen minutes, 50 MB
  await using talking = await openTalking({ answer: () => ({ text: minutes }) });
  const heard = await hearPart(talking.pipeline, makeTurn(toUtterance('hello')), 100);
  const [call] = talking.server.calls;
  await expect.poll(() => call?.waitingBytes()).toBeGreaterThan(30_000_000);
  heard.interrupt();
  await expect.poll(() => talking.countRunning()).toBe(0);
});
