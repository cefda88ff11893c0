import { expect, test } from 'vitest';
import { joinSamples } from '#src/audio/pcm.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

const recording = 'human-goforward';

type Heard = { readonly speakerId: string; readonly fromMs: number; readonly sound: Int16Array };

/** Somebody who answers, and hears people while they speak. */
function listener() {
  const heard: Heard[] = [];
  const forgotten: string[] = [];
  const turns: Turn[] = [];
  const pipeline: Pipeline = {
    answer(turn, ...rest) {
      turns.push(turn);
      return talkative(1).answer(turn, ...rest);
    },
    hear: (sound, speakerId, fromMs) => void heard.push({ sound, speakerId, fromMs }),
    forgetHeard: (speakerId) => void forgotten.push(speakerId),
  };
  return { heard, forgotten, turns, pipeline };
}

test('who is answered whatever they say is heard from the beginning, as it will be answered', async () => {
  const { heard, forgotten, turns, pipeline } = listener();
  const fixture = openSessionFixture({ pipeline });
  await fixture.sessions.join(lounge, adam.id);
  await pass(fixture, 4_000, await words(recording, adam, 0));
  const [said] = turns.at(-1)?.said ?? [];
  const [first] = heard;
  expect([first?.speakerId, first?.fromMs]).toEqual([adam.id, said?.fromMs]);
  const live = joinSamples(heard.map(({ sound }) => sound));
  const answered = said?.pcm?.samples ?? new Int16Array(0);
  const length = Math.min(live.length, answered.length);
  expect(length).toBeGreaterThan(16_000);
  expect(live.subarray(0, length)).toEqual(answered.subarray(0, length));
  expect(forgotten).toEqual([]);
});

test('of who has to name the bot first nothing goes to the model before the words are known', async () => {
  const { heard, turns, pipeline } = listener();
  const fixture = openSessionFixture({ pipeline, addressing: 'name' });
  await fixture.sessions.join(lounge, adam.id);
  await pass(fixture, 4_000, await words(recording, adam, 0));
  expect([heard, turns]).toEqual([[], []]);
});

test('what turns out to be nothing is taken back', async () => {
  const { heard, forgotten, pipeline } = listener();
  const fixture = openSessionFixture({
    pipeline,
    transcriber: new FakeTranscriber({ texts: [''] }),
  });
  await fixture.sessions.join(lounge, adam.id);
  await pass(fixture, 4_000, await words(recording, adam, 0));
  expect(heard.length).toBeGreaterThan(0);
  expect(forgotten).toContain(adam.id);
});

test('who takes back a yes in the middle of the word is not heard any further', async () => {
  const { heard, forgotten, pipeline } = listener();
  const fixture = openSessionFixture({ pipeline });
  await fixture.sessions.join(lounge, adam.id);
  const packets = await words(recording, adam, 0);
  await pass(fixture, 1_500, packets);
  expect(heard.length).toBeGreaterThan(0);
  await fixture.privacy.deny('g', adam.id);
  const before = heard.length;
  await pass(
    fixture,
    500,
    packets.filter(({ atMs }) => atMs > fixture.clock.nowMs()),
  );
  expect([heard.length, forgotten]).toEqual([before, [adam.id]]);
});
