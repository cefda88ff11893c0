import { expect, test } from 'vitest';
import { adam, eva, pass } from '#test/conversation/setup/session-fixture.ts';
import { openSpoken } from '#test/conversation/tools/spoken-setup.ts';

const receipt = 'I stopped listening. Press Resume when you want me back.';

test('"stop listening" hears nobody from then on, without a model, and is told aloud and in the chat', async () => {
  const trap = await openSpoken();
  await trap.say('Nova, stop listening.');
  expect([trap.said(), trap.fixture.written]).toEqual([receipt, [receipt]]);
  await trap.say('What time is it?');
  expect(trap.model.asked).toBe(0);
  expect(trap.fixture.of('recognised')).toHaveLength(1);
  trap.fixture.hearing.resume('g');
  await trap.say('What time is it?');
  expect(trap.fixture.of('recognised')).toHaveLength(2);
});

test.each([
  ['said to another person', 'Stop listening.'],
  ['told of', 'Nova, did you stop listening?'],
  ['about something else', 'Nova, stop listening to that music all day.'],
  ['with its contrary', "Nova, don't stop listening."],
])('%s it changes nothing', async (_how, said) => {
  const trap = await openSpoken({ addressing: 'auto' });
  await trap.say(said, eva);
  await trap.say('Nova, what time is it?', adam);
  await pass(trap.fixture, 2_000);
  expect(trap.fixture.of('recognised').length).toBeGreaterThan(1);
  expect(trap.said()).not.toContain(receipt);
});

test('it stops what the bot is saying, too', async () => {
  const trap = await openSpoken({}, 200);
  void trap.fixture.talk.say('g', 'La la la. '.repeat(60), 'queue');
  await pass(trap.fixture, 2_000);
  await trap.say('Nova, stop listening.');
  expect(trap.said()).toBe('La la la. I stopped listening.');
});
