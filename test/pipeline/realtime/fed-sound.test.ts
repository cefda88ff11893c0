import { setTimeout as wait } from 'node:timers/promises';
import { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { toRecord } from '#src/base/json.ts';
import { makeTurn } from '#test/contracts/pipeline-contract.ts';
import type { TalkCall } from '#test/fakes/providers/realtime-call.ts';
import {
  drainAnswer,
  makeReleasedHost,
  makeSpokenTurn,
  openTalking,
  toHistory,
} from './talking-setup.ts';

const packetSamples = listenRateHz / 50;

/** Pushes the sound of an utterance, of which the server then has all but the last of the resampler. */
async function speakUtterance(
  talking: Awaited<ReturnType<typeof openTalking>>,
  live: LiveSound,
  samples: Int16Array,
) {
  const countBefore = talking.server.calls.length;
  talking.pipeline.feed?.(makeTurn(makeSpokenTurn('')), live, makeReleasedHost().meter);
  for (let at = 0; at < samples.length; at += packetSamples)
    live.push({ samples: samples.subarray(at, at + packetSamples) });
  await vi.waitFor(() => {
    expect(talking.server.calls.length).toBeGreaterThan(countBefore);
    expect(talking.server.calls.at(-1)?.bufferMs).toBeGreaterThan(950);
  });
}

/** Instructions and tools of each update, oldest first. */
function listUpdates(call: TalkCall | undefined) {
  return (call?.commands ?? []).flatMap(({ session }) => {
    const { instructions, tools } = toRecord(session);
    const names = [tools].flat().map((tool) => toRecord(tool).name);
    return instructions === undefined ? [] : [instructions, ...names].join(' ');
  });
}

test('sound that was fed while it was spoken is committed and not sent again', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  await speakUtterance(talking, live, said.pcm?.samples ?? new Int16Array(0));
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  const [call, ...others] = talking.server.calls;
  expect(others).toEqual([]);
  expect(call?.soundMs).toBeLessThanOrEqual(1_000);
  expect(toHistory(call).filter((text) => text.includes('sound'))).toHaveLength(1);
  live.push({ samples: new Int16Array(packetSamples) });
  await wait(20);
  expect(call?.bufferMs).toBe(0);
});

test('instructions and tools go ahead of the sound, and again only once they are others', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const utterance = makeSpokenTurn('hello');
  for (const instructions of ['Be brief.', 'Be kind.']) {
    const live = new LiveSound();
    const turn = makeTurn({ ...utterance, live });
    await speakUtterance(talking, live, utterance.pcm?.samples ?? new Int16Array(0));
    const ahead = listUpdates(talking.server.calls.at(-1));
    expect(ahead).toEqual(['Be brief. lamp']);
    await drainAnswer(talking.pipeline, {
      ...turn,
      style: { instructions, voice: {} },
    });
    const changed = instructions === 'Be brief.' ? [] : ['Be kind. lamp'];
    expect(listUpdates(talking.server.calls.at(-1))).toEqual([...ahead, ...changed]);
  }
});

test('sound of an answer that was given up is fed anew, with all that is spoken after it', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  const { samples } = said.pcm ?? { samples: new Int16Array(0) };
  await speakUtterance(talking, live, samples);
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  await speakUtterance(talking, live, samples);
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  const second = talking.server.calls.at(-1);
  expect(second?.soundMs).toBeGreaterThan(1_900);
  expect(second?.commits).toHaveLength(1);
});

test('sound that nobody answers is cleared, and its connection ends', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  await speakUtterance(talking, live, said.pcm?.samples ?? new Int16Array(0));
  live.end();
  await vi.waitFor(() => expect(talking.server.calls[0]?.isClosed).toBe(true));
  expect(talking.server.calls[0]?.bufferMs).toBe(0);
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  expect(talking.server.calls[0]?.commits).toEqual([]);
  expect(talking.server.calls[1]?.commits).toHaveLength(1);
});

test('where the connection of fed sound is lost, the answer sends all of it over another', async () => {
  await using talking = await openTalking({ answer: () => ({ text: 'Hello.' }) });
  const [said, live] = [makeSpokenTurn('hello'), new LiveSound()];
  await speakUtterance(talking, live, said.pcm?.samples ?? new Int16Array(0));
  talking.server.dropAll();
  await vi.waitFor(() => expect(talking.server.calls[0]?.isClosed).toBe(true));
  await talking.settled();
  await drainAnswer(talking.pipeline, makeTurn({ ...said, live }));
  expect(talking.server.calls[1]?.commits).toHaveLength(1);
});
