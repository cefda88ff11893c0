import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Pipeline } from '#src/pipeline/pipeline.ts';
import { listenWith } from '#src/speech/listen.ts';
import { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { fixedVoiceNames } from '#src/speech/voice-names.ts';
import {
  adam,
  eva,
  germanPlaces,
  lounge,
  openSessionFixture as openFixture,
  pass,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

test('what somebody says is recognised, answered, and kept as what was heard', async () => {
  const here = openFixture();
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect(here.of('recognised')).toMatchObject([{ name: 'Adam', text: 'five five' }]);
  expect(here.of('answered')).toMatchObject([
    { name: 'Adam', text: 'You said five.', heardText: 'You said five.', finish: 'completed' },
  ]);
  expect(here.linkOpener.link.sent).toBe(50);
});

test('an answer is prepared in the order of the stream and heard once the end is decided', async () => {
  const here = openFixture();
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  const instants = here.of('answered')[0]?.instants;
  const { heardAtMs, endedAtMs, recognisedAtMs, firstTokenAtMs } = instants ?? {
    heardAtMs: 0,
    endedAtMs: 0,
  };
  const { firstClauseAtMs, firstSpeechAtMs, firstSentAtMs } = instants ?? {};
  const order = [heardAtMs, recognisedAtMs, firstTokenAtMs, firstClauseAtMs, firstSpeechAtMs];
  for (const stream of [
    [...order, firstSentAtMs],
    [heardAtMs, endedAtMs, firstSentAtMs],
  ]) {
    expect(stream).not.toContain(undefined);
    expect(stream).toEqual(stream.toSorted((a = 0, b = 0) => a - b));
  }
});

test('two who speak at once are heard apart and answered one after the other', async () => {
  const here = openFixture();
  await here.sessions.join(lounge, 'adam');
  await here.sessions.join(lounge, 'eva');
  const both = [await words('human-cards-004', adam, 0), await words('human-goforward', eva, 0)];
  await pass(here, 8000, both.flat());
  expect(
    here
      .of('recognised')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['Adam', 'Eva']);
  expect(here.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Eva']);
});

test('who speaks while as many as may be are recognised is heard later, and the operator is told', async () => {
  const file = new FakeTranscriber({ texts: ['five five'] });
  const transcriber: Transcriber = {
    transcribe: (pcm, signal) => file.transcribe(pcm, signal),
    listen: (onPartial, signal) => listenWith(file, onPartial, signal),
  };
  const listeningSlots = new ListeningSlots({ perProcess: 1, perServer: 1 });
  const here = openFixture({ transcriber, listeningSlots });
  await here.sessions.join(lounge, 'adam');
  await here.sessions.join(lounge, 'eva');
  const both = [await words('human-cards-004', adam, 0), await words('human-goforward', eva, 0)];
  await pass(here, 12_000, both.flat());
  expect(here.of('recogniser-full')).toHaveLength(1);
  const names = here.of('recognised').map(({ name }) => name);
  expect(names.toSorted()).toEqual(['Adam', 'Eva']);
});

test('six who speak at once are all understood, and each is answered or told', async () => {
  const six = Array.from({ length: 6 }, (_, n) => ({
    id: `p${n}`,
    name: `P${n}`,
    isBot: false,
    roleIds: [],
  }));
  let calls = 0;
  const transcriber = new FakeTranscriber({ texts: () => `question number ${calls++}` });
  const here = openFixture({ transcriber, consent: { policy: 'notice' } }, six);
  await here.sessions.join(lounge, 'p0');
  await pass(here, 5_000);
  const fromMs = here.clock.nowMs();
  const all = await Promise.all(
    six.map((one, n) => words('human-cards-004', one, fromMs + 20 * n)),
  );
  await pass(here, 20_000, all.flat());
  const names = six.map(({ name }) => name);
  const namesOf = (kind: 'recognised' | 'answered' | 'dropped') =>
    here.of(kind).map(({ name }) => name);
  expect(namesOf('recognised').sort()).toEqual(names);
  expect([...namesOf('answered'), ...namesOf('dropped')].sort()).toEqual(names);
});

test.each([
  ['notice', { policy: 'notice' }],
  ['role', { policy: 'role', roleId: 'listeners' }],
] as const)(
  'the sound of other bots is neither decoded nor recognised under the policy %s',
  async (_, consent) => {
    const bot = { id: 'jukebox', name: 'Jukebox', isBot: true, roleIds: ['listeners'] };
    const transcriber = new FakeTranscriber({ texts: ['Nova, play it again.'] });
    const here = openFixture({ transcriber, consent }, [adam, bot]);
    await here.sessions.join(lounge, 'adam');
    await pass(here, 6_000, await words('human-cards-004', bot, here.clock.nowMs()));
    expect(transcriber.heard).toEqual([]);
    expect(here.events.filter((event) => 'speakerId' in event)).toEqual([]);
  },
);

test('who did not call the bot is not heard under the policy ask', async () => {
  const here = openFixture();
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', eva, 0));
  expect(here.of('recognised')).toEqual([]);
});

test('everybody is heard under the policy notice', async () => {
  const here = openFixture({ consent: { policy: 'notice' } });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', eva, 0));
  expect(here.of('answered')).toMatchObject([{ name: 'Eva' }]);
});

test('a link in an answer is written once into the chat of the channel, and said to be there', async () => {
  const chat = new FakeChat([['It is on https://a.b/c today.']]);
  const synthesizer = new FakeSynthesizer({ pieces: 5 });
  const here = openFixture({ places: germanPlaces, pipeline: chained({ chat, synthesizer }) });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 6000, await words('human-cards-004', adam, 0));
  expect(here.written).toEqual(['https://a.b/c']);
  expect(here.of('answered')).toMatchObject([
    { heardText: 'It is on today. I put the link in the chat.', finish: 'completed' },
  ]);
});

test('an answer sees what was said and heard before', async () => {
  const here = openFixture();
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  await pass(here, 4000, await words('human-cards-004', adam, here.clock.nowMs()));
  expect(here.chat.asked[1]?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Adam', content: 'five five' },
    { role: 'assistant', content: 'You said five.' },
    { role: 'user', name: 'Adam', content: 'five five' },
  ]);
});

test('leaving falls silent at once and keeps only what was heard', async () => {
  const here = openFixture({ synthesizer: new FakeSynthesizer(), pipeline: talkative() });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 2500, await words('human-cards-004', adam, 0));
  const sent = here.linkOpener.link.sent;
  expect(sent).toBeGreaterThan(10);
  expect(await here.sessions.leave('g')).toMatchObject({ kind: 'left', channel: 'Lounge' });
  await pass(here, 1000);
  expect(here.linkOpener.link.sent).toBe(sent);
  expect(here.linkOpener.link.closed).toBe(true);
  expect(here.of('left')).toMatchObject([{ why: 'asked' }]);
});

function broken(error: unknown): Pipeline {
  const failing = { next: () => Promise.reject(error) };
  return { answer: () => ({ [Symbol.asyncIterator]: () => failing }) };
}

test('a model that is down is told to the channel by voice and to the operator by code', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.', undefined, 'think');
  const here = openFixture({ pipeline: broken(error) });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 5000, await words('human-cards-004', adam, 0));
  expect(here.of('failed')).toMatchObject([{ stage: 'think', code: 'provider.unreachable' }]);
  expect(here.synthesizer.asked.map(({ text }) => text)).toEqual([
    "I can't think right now: localhost:1 is not answering.",
  ]);
  expect(here.linkOpener.link.sent).toBeGreaterThan(0);
});

test('what it says of itself is in the language of the server, aloud only if its voice speaks it', async () => {
  const error = new BotError('provider.unreachable', true, 'Down.', undefined, 'think');
  const sorry = 'Ich kann gerade nicht denken: localhost:1 antwortet nicht.';
  const english = "I can't think right now: localhost:1 is not answering.";
  for (const [isEnglishOnly, spoken] of [
    [false, sorry],
    [true, english],
  ] as const) {
    const voices = fixedVoiceNames(['slt', 'rms'], isEnglishOnly);
    const here = openFixture({ places: germanPlaces, voices, pipeline: broken(error) }, [adam]);
    await here.sessions.join(lounge, 'adam');
    await pass(here, 4000, await words('human-cards-004', adam, 0));
    expect(here.synthesizer.asked.map(({ text }) => text)).toEqual([spoken]);
  }
  const out = new BotError('provider.late', true, 'Late.');
  const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error: out }) });
  const here = openFixture({ places: germanPlaces, pipeline: broken(error), synthesizer }, [adam]);
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect(here.written).toEqual([sorry]);
});

test('a voice that is out writes its answer', async () => {
  const error = new BotError('provider.late', true, 'Late.', undefined, 'speak');
  const mute: Pipeline = {
    async *answer() {
      yield { kind: 'text', text: 'It is five.' };
      throw error;
    },
  };
  const here = openFixture({ pipeline: mute });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect(here.written).toEqual(["My voice is out, so I'm writing: It is five."]);
});

test('an answer that was written is remembered, so that it is not given again with the next', async () => {
  const error = new BotError('provider.late', true, 'Late.');
  const chat = new FakeChat([['It is five.'], ['Six.']], new VirtualClock());
  const mute = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });
  const here = openFixture({ pipeline: chained({ chat, synthesizer: mute }) });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  await pass(here, 4000, await words('human-cards-004', adam, here.clock.nowMs()));
  expect(here.written[0]).toBe("My voice is out, so I'm writing: It is five.");
  expect(chat.asked[1]?.messages.slice(1)).toMatchObject([
    { role: 'user', content: 'five five' },
    { role: 'assistant', content: 'It is five.' },
    { role: 'user', content: 'five five' },
  ]);
});

test('words that could not be recognised are asked for again', async () => {
  const error = new BotError('provider.refused', false, 'No.');
  const here = openFixture({ transcriber: new FakeTranscriber({ texts: [''], error }) });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 5000, await words('human-cards-004', adam, 0));
  expect(here.synthesizer.asked.map(({ text }) => text)).toEqual([
    "I couldn't make that out, please repeat.",
  ]);
});

test('a sound without words is not answered', async () => {
  const here = openFixture({ transcriber: new FakeTranscriber({ texts: [' '] }) });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 4000, await words('human-cards-004', adam, 0));
  expect([here.chat.asked, here.of('answered'), here.linkOpener.link.sent]).toEqual([[], [], 0]);
});

test('a bug ends one session loudly, and the session is rebuilt once', async () => {
  const here = openFixture({ pipeline: broken(new TypeError('oops')) });
  await here.sessions.join(lounge, 'adam');
  await pass(here, 3000, await words('human-cards-004', adam, 0));
  expect(here.of('failed')).toMatchObject([{ stage: 'bug', code: 'bug' }]);
  expect(here.linkOpener.links.map(({ closed }) => closed)).toEqual([true, false]);
  await pass(here, 3000, await words('human-cards-004', adam, here.clock.nowMs()));
  expect(here.of('left')).toMatchObject([{ why: 'lost' }]);
  expect(here.sessions.at('g')).toBeUndefined();
});

test('after a minute without company it leaves', async () => {
  const here = openFixture({}, [{ id: 'other', name: 'Other bot', isBot: true, roleIds: [] }]);
  await here.sessions.join(lounge, 'adam');
  await pass(here, 59_000);
  expect(here.of('left')).toEqual([]);
  await pass(here, 1500);
  expect(here.of('left')).toMatchObject([{ why: 'alone' }]);
});
