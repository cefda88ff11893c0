import { expect, test } from 'vitest';
import { chatWithFallbacks } from '#src/chat/chat-fallbacks.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const later = "That takes longer. You get the answer when it's ready.";

/** Settings, each with its number of questions. */
const settings = [
  { name: 'one server', others: 0, questions: 20 },
  { name: 'a fall-back', others: 1, questions: 15 },
] as const;

test.each(settings)(
  'a first byte after 100 s: every promised answer is spoken, with $name',
  {
    timeout: 300_000,
  },
  async ({ others, questions }) => {
    const clock = new VirtualClock();
    const answers = Array.from({ length: questions }, (_, n) => `Answer number ${n}.`);
    const slow = () =>
      new FakeChat(
        answers.map((answer): ChatStep[] => [{ waitMs: 100_000 }, answer]),
        clock,
      );
    const models = Array.from({ length: 1 + others }, slow);
    const { chain } = chainOf('chat', models, clock);
    const synthesizer = new FakeSynthesizer();
    const pipeline = chained({ chat: chatWithFallbacks(chain), synthesizer });
    const fixture = openSessionFixture({ pipeline, synthesizer }, [adam], clock);
    await fixture.sessions.join(lounge, 'adam');
    await pass(fixture, 11_000);
    for (const n of answers.keys()) {
      void fixture.talk.ask('g', `Question ${n}?`, adam, 'voice');
      await pass(fixture, 60_000);
    }
    await pass(fixture, 100_000);
    const spoken = synthesizer.asked.map(({ text }) => text);
    expect(spoken.filter((text) => text === later)).toHaveLength(questions);
    const heard = fixture.of('answered').map(({ heardText }) => heardText);
    expect(heard).toEqual(answers);
    expect(fixture.of('failed')).toEqual([]);
  },
);
