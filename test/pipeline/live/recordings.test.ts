import { readServerHalf } from '#test/provider/live/live-recordings.ts';
import {
  makeReleasedHost,
  makeSpokenTurn,
  measureSoundMs,
  openLive,
  readAnswer,
  writeScript,
} from './live-setup.ts';

/** The server of a recording starts its session so long after it was asked to. */
const startMs = 800;
const result = 'Done: 3 of 3 replicas healthy, no failed deploys in 24 hours.';

/** Asks, and has the server of a recording answer at its own pace. */
async function replayRecording(name: string) {
  const half = await readServerHalf(name);
  const fromMs = (half[0]?.atMs ?? 0) - startMs;
  const worker = writeScript([result]);
  using live = openLive({ worker, answer: () => ({}), trouble: 'only repeats' });
  const turn = makeSpokenTurn('Please check the deployment status.', 4_445);
  const answering = readAnswer(live, turn, makeReleasedHost());
  await live.clock.advance(20);
  const beganMs = live.clock.nowMs();
  for (const { atMs, event } of half) {
    await live.clock.advance(Math.max(0, beganMs + atMs - fromMs - live.clock.nowMs()));
    live.server.sessions[0]?.say(event);
  }
  const { error, parts, text } = await live.runWork(answering);
  const commands = live.server.sessions[0]?.commands ?? [];
  return { half, error, soundMs: measureSoundMs(parts), text, commands, worker };
}

test.each([
  ['usable-window-timeout-10000', 'Checking that now.'],
  ['usable-window-stall-45000', "Sure, I'll check that. Checking in now,"],
  ['usable-window-early-3000', 'One moment.'],
  ['usable-window-final-3000', 'Okay, checking that deployment status now.'],
] as const)(
  'of %s people hear every word, all its sound, and that it did not say the result',
  async (name, spoke) => {
    const { error, half, soundMs, text, worker } = await replayRecording(name);
    expect(text.trim()).toBe(spoke);
    const pieces = half.filter(
      ({ event }) => event.type === 'session.output_audio.delta',
    );
    // The tone that stands in for sound is never silent, so no pause is shortened.
    expect(soundMs).toBeCloseTo(pieces.length * 100, -2);
    expect(worker.asked).toHaveLength(1);
    expect(error).toMatchObject({ code: expect.stringMatching(/^provider\./) });
  },
);

test('of the recording whose result is spoken into a person people hear both sentences, once, and the work is given back by its id', async () => {
  const { commands, half, soundMs, text } = await replayRecording(
    'usable-window-interrupt',
  );
  expect(text.trim()).toBe(
    'Sure, checking that now.Done: 3 of 3 replicas healthy, no failed deploys in 24',
  );
  const pieces = half.filter(
    ({ event }) => event.type === 'session.output_audio.delta',
  );
  expect(soundMs).toBeCloseTo(pieces.length * 100, -2);
  expect(commands).toContainEqual({
    type: 'session.commentary.append',
    content: result,
    delegation_id: 'item_EX1a9nCW5wf0TbRuua3gF',
    event_id: expect.any(String),
  });
});
