import { expect, test } from 'vitest';
import { readWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { readBy } from '#test/conversation/setup/read-outcome.ts';
import {
  adam,
  lounge,
  only,
  openSessionFixture,
  pass,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const asker = { id: 'adam', name: 'Adam' };

async function inLounge(
  over: Parameters<typeof openSessionFixture>[0] = {},
): Promise<SessionFixture> {
  const fixture = openSessionFixture(over);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 20);
  return fixture;
}

const spoken = ({ synthesizer }: SessionFixture) => synthesizer.asked.map(({ text }) => text);

test('a text is read out at once when nothing sounds', async () => {
  const fixture = await inLounge();
  expect(await fixture.talk.say('g', 'Dinner is ready.', 'queue')).toEqual({
    kind: 'queued',
    ahead: 0,
  });
  await pass(fixture, 2000);
  expect([spoken(fixture), fixture.linkOpener.link.sent]).toEqual([['Dinner is ready.'], 50]);
});

test('texts are read out in order of arrival, and those for now before those that wait', async () => {
  const fixture = await inLounge();
  const ahead = [];
  for (const [text, when] of [
    ['One.', 'queue'],
    ['Two.', 'queue'],
    ['Three.', 'now'],
    ['Four.', 'now'],
  ] as const) {
    ahead.push(await fixture.talk.say('g', text, when));
    await pass(fixture, 20);
  }
  await pass(fixture, 5000);
  expect(spoken(fixture)).toEqual(['One.', 'Three.', 'Four.', 'Two.']);
  expect(ahead).toEqual([0, 1, 1, 2].map((n) => ({ kind: 'queued', ahead: n })));
});

test('eight texts may wait, the ninth is refused', async () => {
  const fixture = await inLounge();
  const say = () => fixture.talk.say('g', 'Again.', 'queue');
  await say();
  await pass(fixture, 20);
  for (let n = 1; n <= 8; n++) expect(await say()).toEqual({ kind: 'queued', ahead: n });
  expect(await say()).toEqual({ kind: 'full', limit: 8 });
});

test('a long text is made clause by clause, in order and without what cannot be said', async () => {
  const fixture = await inLounge();
  const text = '**Listen** to me now. `x === y` The second sentence is a little longer. 🎉';
  await fixture.talk.say('g', text, 'queue');
  await pass(fixture, 4000);
  expect(spoken(fixture)).toEqual(['Listen to me now.', 'The second sentence is a little longer.']);
});

test('a text without anything to say is refused, and one without a channel too', async () => {
  const fixture = await inLounge();
  expect(await fixture.talk.say('g', '```code```', 'queue')).toEqual({ kind: 'unspeakable' });
  expect(await fixture.talk.say('h', 'Hello.', 'queue')).toEqual({ kind: 'nowhere' });
});

test('a text is read in the voice that was asked for', async () => {
  const fixture = await inLounge();
  await fixture.talk.say('g', 'Hello.', 'queue', { voice: 'rms' });
  await pass(fixture, 1000);
  expect(fixture.synthesizer.asked).toEqual([{ text: 'Hello.', voice: { name: 'rms' } }]);
});

test('a text that cannot be spoken is written', async () => {
  const error = new BotError('provider.late', true, 'Late.');
  const fault = () => ({ afterPieces: 0, error });
  const fixture = await inLounge({ synthesizer: new FakeSynthesizer({ fault }) });
  await fixture.talk.say('g', 'Hello there.', 'queue');
  await pass(fixture, 400);
  expect(fixture.written).toEqual(["My voice is out, so I'm writing: Hello there."]);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'speak', code: 'provider.late' }]);
});

test('a typed question is answered aloud, and its text comes back', async () => {
  const fixture = await inLounge();
  const asking = fixture.talk.ask('g', 'What did I say?', asker, 'voice');
  await pass(fixture, 2000);
  expect(readBy(await asking)).toEqual({ kind: 'answered', text: 'You said five.' });
  expect(fixture.of('answered')).toMatchObject([
    { name: 'Adam', typed: true, heardText: 'You said five.' },
  ]);
});

const manner = { voice: 'rms', model: 'tts-hd', tone: 'whisper', speed: 2 };
const asRequested = { name: 'rms', model: 'tts-hd', instructions: 'whisper' };

test('an answer aloud is spoken as its asker wants it, and only that one', async () => {
  const fixture = await inLounge();
  const { asked } = fixture.synthesizer;
  for (const about of [{ manner }, {}]) {
    const asking = fixture.talk.ask('g', 'What did I say?', asker, 'voice', about);
    await pass(fixture, 4_000);
    await asking;
  }
  const answers = asked.filter(({ text }) => text === 'You said five.').map(({ voice }) => voice);
  expect(answers).toHaveLength(2);
  expect(answers[0]).toMatchObject(asRequested);
  expect(answers[1]).toMatchObject({ name: 'slt' });
  expect(answers[1]).not.toHaveProperty('model');
});

test('an answer in a file is spoken as its asker wants it, at twice the pace in half the time', async () => {
  const lengths: number[] = [];
  for (const about of [{}, { manner }]) {
    const fixture = openSessionFixture();
    const asking = await fixture.talk.ask('g', 'How many?', asker, 'file', about);
    const wav = asking.kind === 'answered' ? asking.wav : undefined;
    lengths.push(readWav(wav ?? new Uint8Array()).samples.length);
    if ('manner' in about) expect(fixture.synthesizer.asked[0]?.voice).toMatchObject(asRequested);
  }
  const [usual = 0, fast = 0] = lengths;
  expect(fast).toBe(Math.round(usual / 2));
});

test('a Realtime conversation keeps its voice, whatever somebody asks for', async () => {
  const styles: unknown[] = [];
  const pipeline: Pipeline = {
    async *answer({ style }) {
      styles.push(style.voice);
      yield { kind: 'text', text: 'Five.' };
    },
  };
  const pipelines = { ...only(pipeline), names: ['realtime'] as const };
  const fixture = await inLounge({ pipelines });
  const asking = fixture.talk.ask('g', 'How many?', asker, 'voice', { manner });
  await pass(fixture, 1_000);
  await asking;
  expect(styles).toMatchObject([{ name: 'slt' }]);
  expect(styles[0]).not.toHaveProperty('model');
});

test('aloud there is no answer without a channel', async () => {
  expect(await openSessionFixture().talk.ask('g', 'Hello?', asker, 'voice')).toEqual({
    kind: 'nowhere',
  });
});

test('in writing a question needs no channel, and nothing is said', async () => {
  const fixture = openSessionFixture();
  expect(readBy(await fixture.talk.ask('g', 'How many?', asker, 'text'))).toEqual({
    kind: 'answered',
    text: 'You said five.',
  });
  expect(fixture.chat.asked[0]?.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', name: 'Adam', content: 'How many?' },
  ]);
  expect(fixture.synthesizer.asked).toEqual([]);
});

test('in a file a question needs no channel, and the answer comes as a WAV file with its words', async () => {
  const fixture = openSessionFixture();
  const answer = readBy(await fixture.talk.ask('g', 'How many?', asker, 'file'));
  expect(answer).toMatchObject({ kind: 'answered', text: 'You said five.' });
  const { wav = new Uint8Array() } = answer.kind === 'answered' ? answer : {};
  const { samples, ...format } = readWav(wav);
  expect(format).toEqual({ rateHz: 24_000, channels: 1 });
  expect(samples.length).toBeGreaterThan(2_400);
  expect(spoken(fixture)).toEqual(['You said five.']);
});

test('of an answer in a file the words are there while the voice is out', async () => {
  const error = new BotError('provider.late', true, 'Late.');
  const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });
  const fixture = openSessionFixture({ synthesizer });
  expect(readBy(await fixture.talk.ask('g', 'How many?', asker, 'file'))).toEqual({
    kind: 'answered',
    text: 'You said five.',
  });
  expect(fixture.of('failed')).toMatchObject([{ stage: 'speak', code: 'provider.late' }]);
});

test('in writing it knows what was said in the channel, but only for those who sit there', async () => {
  const fixture = await inLounge();
  await pass(fixture, 4000, await words('human-cards-004', adam, fixture.clock.nowMs()));
  await fixture.talk.ask('g', 'And?', { id: 'eva', name: 'Eva' }, 'text');
  await fixture.talk.ask('g', 'And?', { id: 'mallory', name: 'Mallory' }, 'text');
  expect(fixture.chat.asked.slice(1).map(({ messages }) => messages.length)).toEqual([4, 2]);
});

test.each(['text', 'voice'] as const)(
  'a model that is down is told to who asked by %s',
  async (answer) => {
    const error = new BotError('provider.unreachable', true, 'Down.');
    const fixture = openSessionFixture({
      chat: new FakeChat([[{ error }]]),
      pipeline: broken(error),
    });
    await fixture.sessions.join(lounge, 'adam');
    const asking = fixture.talk.ask('g', 'Hello?', asker, answer);
    await pass(fixture, 100);
    expect(await asking).toEqual({
      kind: 'failed',
      line: { id: 'fail.llm', with: { provider: 'localhost:1' } },
    });
    expect(fixture.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.unreachable' }]);
  },
);

function broken(error: BotError) {
  const failing = { next: () => Promise.reject(error) };
  return { answer: () => ({ [Symbol.asyncIterator]: () => failing }) };
}

const written = (fixture: SessionFixture, id: string, guildId = 'g') =>
  fixture.talk.ask(guildId, 'Hello?', { id, name: id }, 'text');

test('however many questions somebody types, one of them is being answered in writing', async () => {
  const chat = new FakeChat([['stall']]);
  const fixture = openSessionFixture({ chat });
  const all = Array.from({ length: 500 }, () => written(fixture, 'mallory'));
  await fixture.clock.advance(200);
  const [, ...others] = all;
  expect(chat.running).toBe(1);
  expect(new Set((await Promise.all(others)).map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ kind: 'failed', line: { id: 'ask.writing' } })]),
  );
});

test('four answers are written at once in a server, others are told, and other servers get theirs', async () => {
  const chat = new FakeChat([['stall']]);
  const fixture = openSessionFixture({ chat });
  const all = ['a', 'b', 'c', 'd', 'e'].map((id) => written(fixture, id));
  const elsewhere = written(fixture, 'f', 'h');
  expect(await all[4]).toEqual({
    kind: 'failed',
    line: { id: 'ask.writing.server', with: { n: 4 } },
  });
  await fixture.clock.advance(200);
  expect(chat.running).toBe(5);
  await fixture.clock.advance(480_000);
  expect(await Promise.all([...all.slice(0, 4), elsewhere])).toMatchObject(
    Array.from({ length: 5 }, () => ({ kind: 'failed', line: { id: 'fail.llm' } })),
  );
  expect(chat.running).toBe(0);
  void written(fixture, 'a');
  await fixture.clock.advance(20);
  expect(chat.running).toBe(1);
});

test('who waits 50 s for an answer aloud is told to listen for it', {
  timeout: 30_000,
}, async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  const asking = fixture.talk.ask('g', 'Hello?', asker, 'voice');
  await pass(fixture, 50_100);
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'ask.late' } });
});

test('a fourth waiting question drops the first, and whoever typed it is told', async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  const ask = (id: string, text: string) => fixture.talk.ask('g', text, { id, name: id }, 'voice');
  void ask('adam', 'Sounds?');
  await pass(fixture, 100);
  const [first] = ['ana', 'ben', 'cleo', 'dan'].map((id) => ask(id, `What does ${id} want?`));
  expect(await first).toEqual({ kind: 'failed', line: { id: 'ask.dropped' } });
});

test('a second typed question takes the place of the first that waits, which is told', async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  void fixture.talk.ask('g', 'Sounds?', asker, 'voice');
  await pass(fixture, 100);
  const [first] = ['One?', 'Two?'].map((text) => fixture.talk.ask('g', text, asker, 'voice'));
  expect(await first).toEqual({ kind: 'failed', line: { id: 'ask.replaced' } });
});

test('whoever waits for an answer is told when the bot leaves', async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  const other = { id: 'eva', name: 'Eva' };
  const asking = [asker, other].map((one) => fixture.talk.ask('g', `${one.name}?`, one, 'voice'));
  await pass(fixture, 100);
  await fixture.sessions.leave('g');
  expect(await Promise.all(asking)).toEqual([{ kind: 'nowhere' }, { kind: 'nowhere' }]);
});

test('stop is silence within two frames, and nothing of what waited is said', async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  const asking = fixture.talk.ask('g', 'Hello?', asker, 'voice');
  await fixture.talk.say('g', 'Later.', 'queue');
  await pass(fixture, 1000);
  const { sent } = fixture.linkOpener.link;
  expect(sent).toBeGreaterThan(10);
  expect(fixture.talk.stop('g')).toBe('stopped');
  await pass(fixture, 5000);
  expect(fixture.linkOpener.link.sent - sent).toBeLessThanOrEqual(2);
  expect(spoken(fixture)).toEqual([]);
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'stop.ok' } });
});

test('after a stop only what was heard is known, and the next question is answered', async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  void fixture.talk.ask('g', 'Hello?', asker, 'voice');
  await pass(fixture, 1000);
  fixture.talk.stop('g');
  await pass(fixture, 100);
  const [answered] = fixture.of('answered');
  expect(answered).toMatchObject({ finish: 'cancelled', text: 'One minute of talk.' });
  expect(answered?.heardText).toMatch(/^la( la){1,20}$/);
  void fixture.talk.ask('g', 'And now?', asker, 'voice');
  const { sent } = fixture.linkOpener.link;
  await pass(fixture, 200);
  expect(fixture.linkOpener.link.sent).toBeGreaterThan(sent);
});

test('a stop while it still thinks ends the thinking', async () => {
  const fixture = openSessionFixture({}, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  const asking = fixture.talk.ask('g', 'Hello?', asker, 'voice');
  expect(fixture.talk.stop('g')).toBe('stopped');
  await pass(fixture, 1000);
  expect([await asking, fixture.linkOpener.link.sent]).toEqual([
    { kind: 'failed', line: { id: 'stop.ok' } },
    0,
  ]);
});

test('where nothing is said there is nothing to stop', async () => {
  const fixture = await inLounge({ pipeline: talkative() });
  expect(fixture.talk.stop('g')).toBe('nothing');
  expect(fixture.talk.stop('h')).toBe('nothing');
});

test('Ask opens 15 s for whoever is heard, and each press begins anew', async () => {
  const fixture = await inLounge();
  const addressing = () => fixture.sessions.session('g')?.context.addressing;
  expect(addressing()?.isOpen('adam')).toBe(false);
  expect(fixture.talk.openAskWindow('g', 'adam')).toBe('open');
  await pass(fixture, 10_000);
  expect([addressing()?.isOpen('adam'), addressing()?.isOpen('eva')]).toEqual([true, false]);
  expect(fixture.talk.openAskWindow('g', 'adam')).toBe('open');
  await pass(fixture, 14_980);
  expect(addressing()?.isOpen('adam')).toBe(true);
  await pass(fixture, 20);
  expect(addressing()?.isOpen('adam')).toBe(false);
});

test('Ask opens nothing for whoever is not heard, nor while nobody is, nor without a channel', async () => {
  const fixture = openSessionFixture();
  expect(fixture.talk.openAskWindow('g', 'adam')).toBe('nowhere');
  await fixture.sessions.join(lounge, 'adam');
  expect(fixture.talk.openAskWindow('g', 'eva')).toBe('unheard');
  fixture.hearing.pause('g');
  expect([fixture.talk.openAskWindow('g', 'adam'), fixture.talk.openAskWindow('g', 'eva')]).toEqual(
    ['paused', 'unheard'],
  );
  expect(fixture.sessions.session('g')?.context.addressing.isOpen('adam')).toBe(false);
});
