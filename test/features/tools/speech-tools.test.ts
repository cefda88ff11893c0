import { tools } from '#src/features/features.ts';
import {
  adam,
  eva,
  lounge,
  openCalled,
  passTime,
  places,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, makeToolCall as call } from '#test/fakes/fake-chat.ts';

/** Adam and Eva sit with the bot; the model says these one after the other. */
async function open(...rounds: readonly (readonly ChatStep[])[]) {
  let manages = false;
  const managed = { ...places, mayManage: () => manages };
  const options = { rounds, pieces: 2, tools, places: managed };
  const fixture = await openCalled(options, [adam, eva], 40);
  const { speech } = fixture.sessions.findSession('g') ?? expect.fail();
  const ask = async (words: string) => {
    const asked = fixture.talk.askQuestion('g', words, adam, 'voice');
    await passTime(fixture, 6_000);
    return await asked;
  };
  const results = () => fixture.chat.results;
  const manage = () => {
    manages = true;
  };
  return { ask, fixture, manage, results, speech };
}

test.each([
  [{ level: 150 }, 150],
  [{ level: 0 }, 0],
  [{ change: 150 }, 200],
  [{ change: -150 }, 0],
])(
  'the bot’s own voice is set or changed from 0 to 200 %%: %j',
  async (by, percent) => {
    const { ask, results, speech } = await open([call('volume', by)], ['Done.']);
    await ask('Louder.');
    expect(results()).toEqual([
      `{"result":{"outcome":"Volume of voice: ${percent} %."}}`,
    ]);
    expect(speech.mix.tracks.own.voice.state.percent).toBe(percent);
  },
);

test('the pace changes by steps that take each other back, until it is usual again', async () => {
  const { ask, speech } = await open(
    ...(['slower', 'slower', 'faster', 'faster', 'usual'] as const).flatMap(
      (change) => [[call('speed', { change })], ['So.']],
    ),
  );
  for (const speed of [0.85, 0.72, 1, 1.18, 1]) {
    await ask('Otherwise.');
    expect(speech.pace.speed).toBeCloseTo(speed);
  }
});

test('only a person who manages the server can have the persona changed, field by field', async () => {
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
  expect(await fixture.personas.getPersona('g', lounge.channelId)).toEqual({});
  await ask('Speak as elves do.');
  expect(results()).toEqual([expect.stringContaining('language')]);
});
