import { setTimeout as wait } from 'node:timers/promises';
import { createLiveSound, type LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { makeTurn } from '#test/contracts/pipeline-contract.ts';
import { drain, makeSpokenTurn, openTalking, toHistory } from './talking-setup.ts';

const packetSamples = listenRateHz / 50;

/** Pushes the sound of an utterance, of which the server then has all but the last of the resampler. */
async function speak(
  talking: Awaited<ReturnType<typeof openTalking>>,
  live: LiveSound,
  samples: Int16Array,
) {
  const before = talking.server.calls.length;
  talking.talk.feed(live);
  for (let at = 0; at < samples.length; at += packetSamples)
    live.push(samples.subarray(at, at + packetSamples));
  await vi.waitFor(() => {
    expect(talking.server.calls.length).toBeGreaterThan(before);
    expect(talking.server.calls.at(-1)?.bufferMs).toBeGreaterThan(950);
  });
}

test('sound that was fed while it was spoken is committed and not sent again', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), createLiveSound()];
  await speak(talking, live, said.pcm?.samples ?? new Int16Array(0));
  await drain(talking.pipeline, makeTurn({ ...said, live }));
  const [call, ...others] = talking.server.calls;
  expect(others).toEqual([]);
  expect(call?.soundMs).toBeLessThanOrEqual(1_000);
  expect(toHistory(call).filter((one) => one.includes('sound'))).toHaveLength(1);
  live.push(new Int16Array(packetSamples));
  await wait(20);
  expect(call?.bufferMs).toBe(0);
});

test('sound of an answer that was given up is fed anew, with all that is spoken after it', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), createLiveSound()];
  const { samples } = said.pcm ?? { samples: new Int16Array(0) };
  await speak(talking, live, samples);
  await drain(talking.pipeline, makeTurn({ ...said, live }));
  await speak(talking, live, samples);
  await drain(talking.pipeline, makeTurn({ ...said, live }));
  const second = talking.server.calls.at(-1);
  expect(second?.soundMs).toBeGreaterThan(1_900);
  expect(second?.commits).toHaveLength(1);
});

test('sound that nobody answers is cleared, and its connection ends', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), createLiveSound()];
  await speak(talking, live, said.pcm?.samples ?? new Int16Array(0));
  live.end();
  await vi.waitFor(() => expect(talking.server.calls[0]?.isClosed).toBe(true));
  expect(talking.server.calls[0]?.bufferMs).toBe(0);
  await drain(talking.pipeline, makeTurn({ ...said, live }));
  expect(talking.server.calls[0]?.commits).toEqual([]);
  expect(talking.server.calls[1]?.commits).toHaveLength(1);
});

test('where the connection of fed sound is lost, the answer sends all of it over another', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), createLiveSound()];
  await speak(talking, live, said.pcm?.samples ?? new Int16Array(0));
  talking.server.dropAll();
  await vi.waitFor(() => expect(talking.server.calls[0]?.isClosed).toBe(true));
  await talking.settled();
  await drain(talking.pipeline, makeTurn({ ...said, live }));
  expect(talking.server.calls[1]?.commits).toHaveLength(1);
});
