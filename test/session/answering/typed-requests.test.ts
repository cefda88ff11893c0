import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import {
  adam,
  type House,
  lounge,
  openHouse,
  pass,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

const asker = { id: 'adam', name: 'Adam' };

async function inLounge(over: Parameters<typeof openHouse>[0] = {}): Promise<House> {
  const house = openHouse(over);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 20);
  return house;
}

const spoken = ({ synthesizer }: House) => synthesizer.asked.map(({ text }) => text);

test('a text is read out at once when nothing sounds', async () => {
  const house = await inLounge();
  expect(await house.talk.say('g', 'Dinner is ready.', 'queue')).toEqual({
    kind: 'queued',
    ahead: 0,
  });
  await pass(house, 2000);
  expect([spoken(house), house.door.link.sent]).toEqual([['Dinner is ready.'], 50]);
});

test('texts are read out in order of arrival, and those for now before those that wait', async () => {
  const house = await inLounge();
  const ahead = [];
  for (const [text, when] of [
    ['One.', 'queue'],
    ['Two.', 'queue'],
    ['Three.', 'now'],
    ['Four.', 'now'],
  ] as const) {
    ahead.push(await house.talk.say('g', text, when));
    await pass(house, 20);
  }
  await pass(house, 5000);
  expect(spoken(house)).toEqual(['One.', 'Three.', 'Four.', 'Two.']);
  expect(ahead).toEqual([0, 1, 1, 2].map((n) => ({ kind: 'queued', ahead: n })));
});

test('eight texts may wait, the ninth is refused', async () => {
  const house = await inLounge();
  const say = () => house.talk.say('g', 'Again.', 'queue');
  await say();
  await pass(house, 20);
  for (let n = 1; n <= 8; n++) expect(await say()).toEqual({ kind: 'queued', ahead: n });
  expect(await say()).toEqual({ kind: 'full', limit: 8 });
});

test('a long text is made clause by clause, in order and without what cannot be said', async () => {
  const house = await inLounge();
  const text = '**Listen** to me now. `x === y` The second sentence is a little longer. 🎉';
  await house.talk.say('g', text, 'queue');
  await pass(house, 4000);
  expect(spoken(house)).toEqual(['Listen to me now.', 'The second sentence is a little longer.']);
});

test('a text without anything to say is refused, and one without a room too', async () => {
  const house = await inLounge();
  expect(await house.talk.say('g', '```code```', 'queue')).toEqual({ kind: 'unspeakable' });
  expect(await house.talk.say('h', 'Hello.', 'queue')).toEqual({ kind: 'nowhere' });
});

test('a text is read in the voice that was asked for', async () => {
  const house = await inLounge();
  await house.talk.say('g', 'Hello.', 'queue', 'rms');
  await pass(house, 1000);
  expect(house.synthesizer.asked).toEqual([{ text: 'Hello.', voice: { name: 'rms' } }]);
});

test('a text that cannot be spoken is written', async () => {
  const error = new BotError('provider.late', true, 'Late.');
  const fault = () => ({ afterPieces: 0, error });
  const house = await inLounge({ synthesizer: new FakeSynthesizer({ fault }) });
  await house.talk.say('g', 'Hello there.', 'queue');
  await pass(house, 400);
  expect(house.written).toEqual(["My voice is out, so I'm writing: Hello there."]);
  expect(house.of('failed')).toMatchObject([{ stage: 'speak', code: 'provider.late' }]);
});

test('a typed question is answered aloud, and its text comes back', async () => {
  const house = await inLounge();
  const asking = house.talk.ask('g', 'What did I say?', asker, 'voice');
  await pass(house, 2000);
  expect(await asking).toEqual({ kind: 'answered', text: 'You said five.' });
  expect(house.of('answered')).toMatchObject([
    { name: 'Adam', typed: true, heardText: 'You said five.' },
  ]);
});

test('aloud there is no answer without a room', async () => {
  expect(await openHouse().talk.ask('g', 'Hello?', asker, 'voice')).toEqual({ kind: 'nowhere' });
});

test('in writing a question needs no room, and nothing is said', async () => {
  const house = openHouse();
  expect(await house.talk.ask('g', 'How many?', asker, 'text')).toEqual({
    kind: 'answered',
    text: 'You said five.',
  });
  expect(house.chat.asked[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', name: 'Adam', content: 'How many?' },
  ]);
  expect(house.synthesizer.asked).toEqual([]);
});

test('in writing it knows what was said in the room, but only for those who sit there', async () => {
  const house = await inLounge();
  await pass(house, 4000, await words('human-cards-004', adam, house.clock.nowMs()));
  await house.talk.ask('g', 'And?', { id: 'eva', name: 'Eva' }, 'text');
  await house.talk.ask('g', 'And?', { id: 'mallory', name: 'Mallory' }, 'text');
  expect(house.chat.asked.slice(1).map(({ messages }) => messages.length)).toEqual([4, 2]);
});

test.each(['text', 'voice'] as const)(
  'a model that is down is told to who asked by %s',
  async (answer) => {
    const error = new BotError('provider.unreachable', true, 'Down.');
    const house = openHouse({ chat: new FakeChat([[{ error }]]), pipeline: broken(error) });
    await house.rooms.join(lounge, 'adam');
    const asking = house.talk.ask('g', 'Hello?', asker, answer);
    await pass(house, 100);
    expect(await asking).toEqual({
      kind: 'failed',
      line: { id: 'fail.llm', with: { provider: 'localhost:1' } },
    });
    expect(house.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.unreachable' }]);
  },
);

function broken(error: BotError) {
  const failing = { next: () => Promise.reject(error) };
  return { answer: () => ({ [Symbol.asyncIterator]: () => failing }) };
}

const written = (house: House, id: string, guildId = 'g') =>
  house.talk.ask(guildId, 'Hello?', { id, name: id }, 'text');

test('however many questions somebody types, one of them is being answered in writing', async () => {
  const chat = new FakeChat([['stall']]);
  const house = openHouse({ chat });
  const all = Array.from({ length: 500 }, () => written(house, 'mallory'));
  await house.clock.advance(200);
  const [, ...others] = all;
  expect(chat.running).toBe(1);
  expect(new Set((await Promise.all(others)).map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ kind: 'failed', line: { id: 'ask.writing' } })]),
  );
});

test('four answers are written at once in a server, others are told, and other servers get theirs', async () => {
  const chat = new FakeChat([['stall']]);
  const house = openHouse({ chat });
  const all = ['a', 'b', 'c', 'd', 'e'].map((id) => written(house, id));
  const elsewhere = written(house, 'f', 'h');
  expect(await all[4]).toEqual({
    kind: 'failed',
    line: { id: 'ask.writing.server', with: { n: 4 } },
  });
  await house.clock.advance(200);
  expect(chat.running).toBe(5);
  await house.clock.advance(50_000);
  expect(await Promise.all([...all.slice(0, 4), elsewhere])).toMatchObject(
    Array.from({ length: 5 }, () => ({ kind: 'failed', line: { id: 'fail.llm' } })),
  );
  expect(chat.running).toBe(0);
  void written(house, 'a');
  await house.clock.advance(20);
  expect(chat.running).toBe(1);
});

test('nobody waits longer than 50 s for an answer in writing', async () => {
  const house = openHouse({ chat: new FakeChat([['stall']]) });
  const asking = house.talk.ask('g', 'Hello?', asker, 'text');
  await house.clock.advance(50_000);
  expect(await asking).toMatchObject({ kind: 'failed', line: { id: 'fail.llm' } });
  expect(house.clock.sleeping).toBe(0);
});

test('who waits 50 s for an answer aloud is told to listen for it', {
  timeout: 30_000,
}, async () => {
  const house = await inLounge({ pipeline: talkative() });
  const asking = house.talk.ask('g', 'Hello?', asker, 'voice');
  await pass(house, 50_100);
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'ask.late' } });
});

test('a fourth waiting question drops the first, and whoever typed it is told', async () => {
  const house = await inLounge({ pipeline: talkative() });
  const ask = (id: string, text: string) => house.talk.ask('g', text, { id, name: id }, 'voice');
  void ask('adam', 'Sounds?');
  await pass(house, 100);
  const [first] = ['ana', 'ben', 'cleo', 'dan'].map((id) => ask(id, `What does ${id} want?`));
  expect(await first).toEqual({ kind: 'failed', line: { id: 'ask.dropped' } });
});

test('a second typed question takes the place of the first that waits, which is told', async () => {
  const house = await inLounge({ pipeline: talkative() });
  void house.talk.ask('g', 'Sounds?', asker, 'voice');
  await pass(house, 100);
  const [first] = ['One?', 'Two?'].map((text) => house.talk.ask('g', text, asker, 'voice'));
  expect(await first).toEqual({ kind: 'failed', line: { id: 'ask.replaced' } });
});

test('whoever waits for an answer is told when the bot leaves', async () => {
  const house = await inLounge({ pipeline: talkative() });
  const other = { id: 'eva', name: 'Eva' };
  const asking = [asker, other].map((one) => house.talk.ask('g', `${one.name}?`, one, 'voice'));
  await pass(house, 100);
  await house.rooms.leave('g');
  expect(await Promise.all(asking)).toEqual([{ kind: 'nowhere' }, { kind: 'nowhere' }]);
});

test('stop is silence within two frames, and nothing of what waited is said', async () => {
  const house = await inLounge({ pipeline: talkative() });
  const asking = house.talk.ask('g', 'Hello?', asker, 'voice');
  await house.talk.say('g', 'Later.', 'queue');
  await pass(house, 1000);
  const { sent } = house.door.link;
  expect(sent).toBeGreaterThan(10);
  expect(house.talk.stop('g')).toBe('stopped');
  await pass(house, 5000);
  expect(house.door.link.sent - sent).toBeLessThanOrEqual(2);
  expect(spoken(house)).toEqual([]);
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'stop.ok' } });
});

test('after a stop only what was heard is known, and the next question is answered', async () => {
  const house = await inLounge({ pipeline: talkative() });
  void house.talk.ask('g', 'Hello?', asker, 'voice');
  await pass(house, 1000);
  house.talk.stop('g');
  await pass(house, 100);
  const [answered] = house.of('answered');
  expect(answered).toMatchObject({ finish: 'cancelled', text: 'One minute of talk.' });
  expect(answered?.heardText).toMatch(/^la( la){1,20}$/);
  void house.talk.ask('g', 'And now?', asker, 'voice');
  const { sent } = house.door.link;
  await pass(house, 200);
  expect(house.door.link.sent).toBeGreaterThan(sent);
});

test('a stop while it still thinks ends the thinking', async () => {
  const house = openHouse({}, [adam]);
  await house.rooms.join(lounge, 'adam');
  const asking = house.talk.ask('g', 'Hello?', asker, 'voice');
  expect(house.talk.stop('g')).toBe('stopped');
  await pass(house, 1000);
  expect([await asking, house.door.link.sent]).toEqual([
    { kind: 'failed', line: { id: 'stop.ok' } },
    0,
  ]);
});

test('where nothing is said there is nothing to stop', async () => {
  const house = await inLounge({ pipeline: talkative() });
  expect(house.talk.stop('g')).toBe('nothing');
  expect(house.talk.stop('h')).toBe('nothing');
});

test('Ask opens 15 s for whoever is heard, and each press begins anew', async () => {
  const house = await inLounge();
  const addressing = () => house.rooms.session('g')?.context.addressing;
  expect(addressing()?.isOpen('adam')).toBe(false);
  expect(house.talk.openFloor('g', 'adam')).toBe('open');
  await pass(house, 10_000);
  expect([addressing()?.isOpen('adam'), addressing()?.isOpen('eva')]).toEqual([true, false]);
  expect(house.talk.openFloor('g', 'adam')).toBe('open');
  await pass(house, 14_980);
  expect(addressing()?.isOpen('adam')).toBe(true);
  await pass(house, 20);
  expect(addressing()?.isOpen('adam')).toBe(false);
});

test('Ask opens nothing for whoever is not heard, nor while nobody is, nor without a room', async () => {
  const house = openHouse();
  expect(house.talk.openFloor('g', 'adam')).toBe('nowhere');
  await house.rooms.join(lounge, 'adam');
  expect(house.talk.openFloor('g', 'eva')).toBe('unheard');
  house.hearing.pause('g');
  expect([house.talk.openFloor('g', 'adam'), house.talk.openFloor('g', 'eva')]).toEqual([
    'paused',
    'unheard',
  ]);
  expect(house.rooms.session('g')?.context.addressing.isOpen('adam')).toBe(false);
});
