import { expect, test } from 'vitest';
import { tools } from '#src/features/features.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const call = (name: string, given: object = {}): ChatStep => ({
  call: { id: 'call_1', name, argumentsJson: JSON.stringify(given) },
});

/** Adam and Eva sit with the bot; the model says these one after the other. */
async function open(...rounds: readonly (readonly ChatStep[])[]) {
  const clock = new VirtualClock();
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer({ pieces: 2 });
  const pipeline = chained({ chat, synthesizer });
  let manages = false;
  const managed = { ...places, mayManage: () => manages };
  const over = { chat, synthesizer, pipeline, tools, places: managed };
  const fixture = openSessionFixture(over, [adam, eva], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 40);
  const { context } = fixture.sessions.session('g') ?? expect.fail();
  const ask = async (words: string) => {
    const asked = fixture.talk.ask('g', words, adam, 'voice');
    await pass(fixture, 6_000);
    return await asked;
  };
  const results = () =>
    (chat.asked.at(-1)?.messages ?? []).flatMap((one) =>
      one.role === 'tool' ? [one.content] : [],
    );
  const manage = () => {
    manages = true;
  };
  return { ask, context, fixture, manage, results, synthesizer };
}

test.each([
  [{ level: 150 }, 150],
  [{ level: 0 }, 0],
  [{ change: 150 }, 200],
  [{ change: -150 }, 0],
])('the bot’s own voice is set or changed from 0 to 200 %%: %j', async (by, percent) => {
  const { ask, context, results } = await open([call('volume', by)], ['Done.']);
  await ask('Louder.');
  expect(results()).toEqual([`{"result":{"outcome":"voice: ${percent} %"}}`]);
  expect(context.mix.volume.of('voice')).toBe(percent);
});

test('the pace changes by steps that take each other back, until it is usual again', async () => {
  const { ask, context } = await open(
    ...(['slower', 'slower', 'faster', 'faster', 'usual'] as const).flatMap((change) => [
      [call('speed', { change })],
      ['So.'],
    ]),
  );
  for (const speed of [0.85, 0.72, 1, 1.18, 1]) {
    await ask('Otherwise.');
    expect(context.pace.speed).toBeCloseTo(speed);
  }
});

test('who manages the server has the persona changed field by field, nobody else', async () => {
  const { ask, fixture, manage, results } = await open(
    [call('persona', { name: 'Max', instructions: 'Be brief.' })],
    ['So.'],
    [call('persona', { instructions: '' })],
    ['So.'],
    [call('persona', { language: 'of the elves' })],
    ['Sorry.'],
  );
  await ask('Call yourself Max.');
  expect(results()).toEqual([expect.stringContaining('has not the right')]);
  manage();
  await ask('Be as you were.');
  expect(await fixture.personas.at('g', lounge.channelId)).toEqual({});
  await ask('Speak as elves do.');
  expect(results()).toEqual([expect.stringContaining('language')]);
});
