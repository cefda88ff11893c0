import { expect, test } from 'vitest';
import { tools } from '#src/features/features.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const call = (name: string, given: object): ChatStep => ({
  call: { id: 'call_1', name, argumentsJson: JSON.stringify(given) },
});

async function open(calls: readonly ChatStep[], over: FixtureOptions = {}, people = [adam, eva]) {
  const clock = new VirtualClock();
  const chat = new FakeChat(
    calls.flatMap((one) => [[one], ['All right.']]),
    clock,
  );
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  const pipeline = chained({ chat, synthesizer });
  const fixture = openSessionFixture(
    { chat, synthesizer, pipeline, tools, ...over },
    people,
    clock,
  );
  for (const { id } of people) await fixture.sessions.join(lounge, id);
  await pass(fixture, 40);
  const session = fixture.sessions.session('g') ?? expect.fail();
  return {
    fixture,
    session,
    results: () =>
      (chat.asked.at(-1)?.messages ?? []).flatMap((one) =>
        one.role === 'tool' ? [one.content] : [],
      ),
    offered: () => chat.asked[0]?.tools.map(({ name }) => name) ?? [],
    async ask(words: string, who = adam) {
      void fixture.talk.ask('g', words, who, 'voice');
      await pass(fixture, 5_000);
    },
  };
}

test('captions are turned on and off by voice', async () => {
  const { ask, fixture, results, session } = await open([
    call('captions', { on: true }),
    call('captions', { on: false }),
  ]);
  await ask('Captions on, please.');
  expect(results()).toEqual([expect.stringContaining('Captions on,')]);
  expect(session.context.features.sessions.captions.active).toBeDefined();
  await ask('Captions off.');
  expect(results()).toEqual([expect.stringContaining('Captions off.')]);
  expect(session.context.features.sessions.captions.active).toBeUndefined();
  expect(fixture.of('tool').map(({ how }) => how)).toEqual(['ran', 'ran']);
});

test('whoever asks to be left out is not written at once, and written again by their own press', async () => {
  const { ask, fixture, results, session } = await open([
    call('captions', { on: true }),
    call('leave_me_out', { out: true }),
    call('leave_me_out', { out: false }),
  ]);
  await ask('Captions on.');
  const written = () => [adam, eva].map(({ id }) => session.context.gate.mayWrite(id));
  expect(written()).toEqual([true, true]);
  await ask('Leave me out.');
  expect(results()[0]).toContain("I hear and answer you, but I don't caption you.");
  expect(written()).toEqual([false, true]);
  await fixture.personas.save('g', lounge.channelId, { name: 'Max' }); // words of somebody else
  await ask('Write me again.');
  expect(written()).toEqual([false, true]);
  const button = fixture.offered.at(-1)?.split(':')[1] ?? '';
  await fixture.confirmations.confirm('g', button, 'adam');
  expect(written()).toEqual([true, true]);
});

test('the bot follows whoever asks, until they ask it no longer to', async () => {
  const { ask, session } = await open([
    call('follow', { follow: true }),
    call('follow', { follow: false }),
  ]);
  await ask('Follow me.');
  expect(session.followedId).toBe('adam');
  await ask('Stop following me.');
  expect(session.followedId).toBeUndefined();
});
