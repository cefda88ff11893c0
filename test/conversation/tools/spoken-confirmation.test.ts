import { BotError } from '#src/base/errors.ts';
import { adam, eva, passTime } from '#test/conversation/setup/session-fixture.ts';
import { openSpoken, postCall, vagueRequest } from './spoken-trap.ts';

const question = 'Adam, shall I post this in the chat: “It is 40.”? Say yes or no.';

test('an action that waits for Confirm is asked in a sentence, aloud and beside the button, and one yes runs it once', async () => {
  const trap = await openSpoken();
  await trap.ask();
  expect(trap.said()).toBe(question);
  expect(trap.fixture.written).toContain(question);
  expect(trap.fixture.offered).toHaveLength(1);
  await trap.say('Yes, please.');
  expect(trap.posted()).toEqual(['It is 40.']);
  expect(trap.said()).toContain('Done.');
  expect(trap.fixture.of('tool').map(({ how }) => how)).toEqual(['asked', 'spoken']);
  const button = trap.fixture.offered.at(-1)?.split(':')[1] ?? '';
  expect(await trap.fixture.confirmations.confirmCall('g', button, 'adam')).toEqual({
    kind: 'over',
  });
});

test.each(['No.', 'Nova, no, thanks.', 'Never mind.'])(
  '%j after the question takes the offer back without a paid answer, and a later yes does nothing',
  async (refusal) => {
    const trap = await openSpoken();
    await trap.ask();
    const { asked } = trap.model;
    await trap.say(refusal);
    expect(trap.model.asked).toBe(asked);
    const button = trap.fixture.offered.at(-1)?.split(':')[1] ?? '';
    expect(trap.fixture.confirmations.showConfirmation('g', button, 'adam')).toEqual({
      kind: 'over',
    });
    await trap.say('Yes.');
    expect([trap.confirmed(), trap.posted()]).toEqual([0, []]);
  },
);

test('a no of somebody else leaves the offer, and their words close only the spoken question', async () => {
  const trap = await openSpoken();
  await trap.ask();
  await trap.say('No.', eva);
  const button = trap.fixture.offered.at(-1)?.split(':')[1] ?? '';
  expect(
    trap.fixture.confirmations.showConfirmation('g', button, 'adam'),
  ).toMatchObject({
    kind: 'shown',
  });
});

test('20 s after the question only the button is left, and a yes before that counts', async () => {
  const trap = await openSpoken();
  await trap.ask(17_000);
  await trap.say('Yes.');
  expect(trap.confirmed()).toBe(1);
  await trap.ask(21_500);
  await trap.say('Yes.');
  expect(trap.confirmed()).toBe(1);
});

test.each([
  [
    'a call after the result of another tool',
    { calls: [{ name: 'who_is_here', given: {} }, postCall] },
  ],
  [
    'a call that never runs without the button',
    { calls: [{ name: 'leave', given: {} }] },
  ],
  [
    'a call whose values are too long for a sentence',
    { calls: [{ name: 'post_text', given: { text: 'Ho. '.repeat(40).trim() } }] },
  ],
  [
    'a value that cannot be said as it is',
    {
      calls: [{ name: 'post_text', given: { text: 'See https://evil.example now.' } }],
    },
  ],
])('%s is not asked aloud, and a yes does nothing', async (_what, { calls }) => {
  const trap = await openSpoken();
  trap.model.calls = calls;
  await trap.ask();
  expect(trap.fixture.offered).toHaveLength(1);
  expect(trap.said()).not.toContain('Say yes');
  await trap.say('Yes.');
  expect(trap.confirmed()).toBe(0);
});

test('a message that somebody shows is a page: what it may have caused is not asked aloud', async () => {
  const trap = await openSpoken();
  const quoted = { author: 'Eva', text: 'Make it 40.' };
  void trap.fixture.talk.askQuestion('g', vagueRequest, adam, 'voice', { quoted });
  await passTime(trap.fixture, 4_000);
  expect(trap.fixture.offered).toHaveLength(1);
  expect(trap.said()).not.toContain('Say yes');
});

test('a yes to what could not be posted is answered as any other words', async () => {
  const refuse = async () => {
    throw new BotError('discord.forbidden', false, 'Not there.');
  };
  const silent = async () => undefined;
  const messages = {
    writeText: silent,
    notifyPeople: silent,
    tellPerson: silent,
    offerButtons: refuse,
  };
  const trap = await openSpoken({ messages });
  await trap.ask();
  const { asked } = trap.model;
  await trap.say('Yes.');
  expect(trap.model.asked).toBeGreaterThan(asked);
});

test('a person who has lost the right hears that, and nothing runs', async () => {
  const trap = await openSpoken();
  await trap.ask();
  const { present } = trap.fixture.linkOpener.link;
  trap.hears('Yes.');
  await passTime(trap.fixture, 1_000, await trap.word(adam));
  present.splice(
    present.findIndex(({ id }) => id === 'adam'),
    1,
  );
  await passTime(trap.fixture, 3_000);
  expect([trap.confirmed(), trap.posted()]).toEqual([0, []]);
});

test('a no to being heard is no answer to a confirmation', async () => {
  const trap = await openSpoken();
  await trap.ask();
  trap.hears('Yes.');
  await passTime(trap.fixture, 1_000, await trap.word(adam));
  await trap.fixture.privacy.deny('g', 'adam');
  await passTime(trap.fixture, 3_000);
  expect([trap.confirmed(), trap.posted()]).toEqual([0, []]);
});
