import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

test('while the model of an answer that has begun stalls, whoever waits for it or behind it hears that they wait', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat(
    [['That is one part. And then ', { waitMs: 20_000 }, 'that is all.'], ['Nothing else.']],
    clock,
  );
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const pipeline = chained({ chat, synthesizer });
  const fixture = openSessionFixture({ chat, pipeline, synthesizer }, [adam, eva], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 11_000);
  const { link } = fixture.linkOpener;
  const frames = async (ms: number) => {
    const before = link.sent;
    await pass(fixture, ms);
    return link.sent - before;
  };
  const moments = () => synthesizer.asked.filter(({ text }) => text === 'One moment.').length;
  void fixture.talk.ask('g', 'What is it?', adam, 'voice');
  expect(await frames(1_000)).toBeGreaterThan(40);
  void fixture.talk.ask('g', 'And what else?', eva, 'voice');
  await pass(fixture, 600);
  expect(await frames(1_500)).toBeGreaterThan(3); // a tick is 80 ms long
  expect(moments()).toBe(0);
  await pass(fixture, 2_000);
  expect(moments()).toBe(1);
  await pass(fixture, 5_000);
  expect(await frames(3_000)).toBeGreaterThan(20);
  await pass(fixture, 15_000);
  expect([moments(), synthesizer.asked.map(({ text }) => text)]).toEqual([
    1,
    expect.arrayContaining(['And then that is all.']),
  ]);
});
