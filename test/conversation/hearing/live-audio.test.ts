import { expect, test } from 'vitest';
import { joinSamples } from '#src/audio/pcm.ts';
import type { Pipeline, Turn } from '#src/pipeline/pipeline.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';

const recording = 'human-goforward';

type HeardSound = {
  readonly speakerId: string;
  readonly fromMs: number;
  readonly sound: Int16Array;
};

/** Somebody who answers, and hears people while they speak. */
function listener() {
  const heard: HeardSound[] = [];
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

test.each([
  ['the server', { serverDay: dollars(0.000_001) }, 0],
  ['the speaker', { personDay: dollars(0.000_001) }, 0],
  ['the speaker who can pay a short one', { personDay: dollars(0.000_6) }, 0],
  ['nobody', {}, 16_000],
])(
  'where no money for an answer to 30 s is left to %s, a model that hears is sent nothing, else it is set aside',
  async (_, caps, least) => {
    const { heard, pipeline } = listener();
    const clock = new VirtualClock();
    // Recognised for nothing: what is left matters to the model alone.
    const { budgets, ledger } = openBudgets(clock, {
      caps,
      tariff: { recognise: { kind: 'free' } },
    });
    const fixture = openSessionFixture({ pipeline, spending: budgets }, [adam], clock);
    await fixture.sessions.join(lounge, adam.id);
    await pass(fixture, 2_000, await words(recording, adam, 0));
    expect(joinSamples(heard.map(({ sound }) => sound)).length).toSatisfy((length: number) =>
      least === 0 ? length === 0 : length >= least,
    );
    expect(ledger.reserved('g') > 0).toBe(least > 0);
    await pass(fixture, 60_000);
    expect(ledger.reserved('g')).toBe(0);
  },
);

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

test('a recogniser of a stream is closed when its utterance is decided, not when the answer to it ends', async () => {
  let [opened, open] = [0, 0];
  const listen = () => {
    opened = ++open;
    const settle = async () => ({ text: 'tell me a long story' });
    return { push: () => undefined, settle, [Symbol.dispose]: () => void open-- };
  };
  const transcriber = Object.assign(new FakeTranscriber({ texts: [] }), { listen });
  const synthesizer = new FakeSynthesizer({ pieces: 500 });
  const fixture = openSessionFixture({ transcriber, synthesizer }, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 6_000, await words('human-cards-004', adam, fixture.clock.nowMs()));
  expect(fixture.sessions.session('g')?.context.queue.isFree).toBe(false);
  expect([opened > 0, open]).toEqual([true, 0]);
});
