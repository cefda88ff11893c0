import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import { tools } from '#src/features/features.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { formatText, type TextId } from '#src/texts/texts.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import {
  adam,
  eva,
  findOffer,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import type { LiveModelSettings } from '#test/fakes/providers/live-model.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openLive, writeScript } from '#test/pipeline/live/live-setup.ts';

const three = [adam, eva, makePerson('Bo')];

type Scene = LiveModelSettings & {
  /** What utterances are recognised as, in their order. */
  readonly texts: readonly string[];
  readonly people?: readonly ChannelMember[];
  readonly addressing?: AddressingMode;
  readonly worker?: ChatModel;
  readonly standIn?: ChatModel;
  /** Default: without limits. */
  readonly spending?: BudgetAuthority;
};

/** A room that Adam called the bot into, which a live model answers, all in virtual time. */
async function openRoom(scene: Scene, clock = new VirtualClock(undefined, 4)) {
  const live = openLive(scene, clock);
  const chat = new FakeChat(
    [['It is five, in writing.']].map((round) => round),
    clock,
  );
  const synthesizer = new FakeSynthesizer();
  const chained = createChainedPipeline({ chat, synthesizer });
  const fixture = openSessionFixture(
    {
      transcriber: new FakeTranscriber({ texts: scene.texts }),
      chat,
      synthesizer,
      tools,
      ...(scene.spending && { spending: scene.spending }),
      addressing: scene.addressing ?? 'auto',
      pipelines: {
        names: ['live', 'chained'],
        open: (name) => (name === 'live' ? live.pipeline : chained),
        getEngineNames: (name) => name,
      },
    },
    scene.people ?? [adam],
    clock,
  );
  await fixture.sessions.join(lounge, toPersonId('adam'));
  const passFixtureTime = (ms: number, packets?: Parameters<typeof passTime>[2]) =>
    passTime(fixture, ms, packets);
  await passFixtureTime(4_000);
  return {
    chat,
    fixture,
    live,
    /** Texts that the voice of the bot was asked to say. */
    get spoken() {
      return synthesizer.texts;
    },
    pass: passFixtureTime,
    /** Somebody says a sentence of 3.3 s. */
    async say(who = adam) {
      const packets = await sayWords('human-goforward', who, clock.nowMs() + 20);
      await passFixtureTime(3_300, packets);
    },
    async passUntil(holds: () => boolean, maxMs = 40_000) {
      for (let ms = 0; !holds() && ms < maxMs; ms += 20) await passFixtureTime(20);
      expect(holds()).toBe(true);
    },
    [Symbol.asyncDispose]: async () => {
      await fixture.sessions[Symbol.asyncDispose]();
      live[Symbol.dispose]();
    },
  };
}

const four = 'It is four in the afternoon, and the sun is about to go down.';

test('alone with the bot, a person is heard while they speak, answered aloud, and both stand in the history', async () => {
  await using room = await openRoom({
    texts: ['What time is it?', 'And tomorrow?'],
    answer: () => ({ says: four }),
  });
  await room.say();
  const [session] = room.live.server.sessions;
  expect(session?.voicedMs).toBeGreaterThan(1_000);
  await room.passUntil(() => room.fixture.of('answered').length === 1);
  expect(room.fixture.of('answered')).toMatchObject([
    { finish: 'completed', text: four, heardText: four },
  ]);
  expect(room.fixture.of('recognised')).toMatchObject([{ text: 'What time is it?' }]);
  await room.say();
  await room.passUntil(() => room.fixture.of('answered').length === 2);
  expect(room.live.server.sessions).toHaveLength(1);
  expect(session?.questions).toBe(2);
  await room.pass(12_000);
  expect(room.live.talk.openSessions).toBe(0);
});

test('in a room of three no sound reaches the model and nothing is said until its name is heard', async () => {
  await using room = await openRoom({
    texts: ['Shall we go at four?', 'Nova, what time is it?'],
    people: three,
    isEager: true,
    answer: () => ({ says: four }),
  });
  const { link } = room.fixture.linkOpener;
  const { sent } = link;
  await room.say();
  await room.pass(6_000);
  expect(room.fixture.of('ignored')).toMatchObject([{ why: 'not-named' }]);
  expect([room.live.server.sessions, link.sent]).toEqual([[], sent]);
  await room.say();
  await room.passUntil(() => room.fixture.of('answered').length === 1);
  expect(room.fixture.of('answered')).toMatchObject([{ speakerId: 'adam' }]);
  expect(link.sent).toBeGreaterThan(sent);
});

test('a stop silences the answer within 300 ms, sends nothing more, and the next session knows only what was heard', async () => {
  const long = 'Once upon a time there was a king. '.repeat(30);
  await using room = await openRoom({
    texts: ['Tell me a story.', 'Go on.'],
    answer: () => ({ says: long }),
  });
  const { link } = room.fixture.linkOpener;
  await room.say();
  const { sent: before } = link;
  await room.passUntil(() => link.sent > before + 100);
  room.fixture.talk.stopSpeaking(toGuildId('g'));
  await room.pass(300);
  const { sent } = link;
  const [session] = room.live.server.sessions;
  const silentMs = session?.silentMs;
  await room.pass(3_000);
  expect([link.sent, session?.silentMs]).toEqual([sent, silentMs]);
  const [cut] = room.fixture.of('answered');
  expect(cut).toMatchObject({ finish: 'cancelled' });
  expect(cut?.heardText.length).toBeGreaterThan(10);
  await room.say();
  await room.passUntil(() => room.live.server.sessions.length === 2);
  const [start] = room.live.server.sessions[1]?.commands ?? [];
  const told = JSON.stringify(start);
  expect(told).toContain(JSON.stringify(cut?.heardText.trim()).slice(1, -1));
  expect(told).not.toContain(long.slice(0, 400));
});

test('work with an effect that words of others may have caused waits for Confirm', async () => {
  const call = { id: 'c1', name: 'post_text', argumentsJson: '{"text":"Dinner."}' };
  await using room = await openRoom({
    texts: ['Tell them that dinner is ready.'],
    worker: writeScript([call, 'Shall I post it? Say yes or no.']),
    answer: () => ({ delegates: true, says: 'One moment.' }),
  });
  await room.fixture.personas.savePersona(toGuildId('g'), toChannelId('lounge'), {
    name: 'Max',
  });
  await room.say();
  await room.passUntil(() => room.fixture.of('tool').length > 0);
  expect(room.fixture.of('tool')).toMatchObject([{ tool: 'post_text', how: 'asked' }]);
  await room.passUntil(() => room.fixture.of('answered').length === 1);
  const confirmed = await room.fixture.confirmations.confirmCall(
    toGuildId('g'),
    findOffer(room.fixture),
    toPersonId('adam'),
  );
  expect(confirmed).toMatchObject({ kind: 'completed' });
  expect(room.fixture.of('tool').at(-1)).toMatchObject({ how: 'pressed' });
});

test('a switch to the live model and back loses nothing that was said', async () => {
  await using room = await openRoom({
    texts: ['What time is it?', 'And now?', 'And then?'],
    answer: () => ({ says: four }),
  });
  const { fixture, live } = room;
  const askAndWait = async () => {
    const { length } = fixture.of('answered');
    await room.say();
    await room.passUntil(() => fixture.of('answered').length > length);
    return fixture.of('answered').at(-1);
  };
  await fixture.settings.setSetting(toGuildId('g'), 'pipeline', 'chained');
  const written = await askAndWait();
  expect(live.server.sessions).toEqual([]);
  await fixture.settings.setSetting(toGuildId('g'), 'pipeline', 'live');
  expect(await askAndWait()).toMatchObject({ heardText: four });
  const [start] = live.server.sessions[0]?.commands ?? [];
  expect(JSON.stringify(start)).toContain(written?.heardText.trim());
  await fixture.settings.setSetting(toGuildId('g'), 'pipeline', 'chained');
  await askAndWait();
  expect(JSON.stringify(room.chat.asked.at(-1))).toContain(four);
});

const faults = [
  ['no such model', 'live.refused'],
  ['bad key', 'live.key'],
  ['no credit', 'live.key'],
  ['never starts', 'live.late'],
  ['never answers', 'live.late'],
  ['moderates at once', 'live.content'],
  ['loses its model', 'live.lost'],
] as const satisfies readonly (readonly [LiveModelSettings['trouble'], TextId])[];

test.each(faults)(
  'where a live model %s, the chat model answers, and people read why, once: %s',
  async (trouble, id) => {
    const settings: LiveModelSettings = { trouble, answer: () => ({ says: four }) };
    const five = 'It is five, in writing.';
    await using room = await openRoom({
      ...settings,
      texts: ['What time is it?'],
      standIn: writeScript([five, five]),
    });
    const { fixture } = room;
    for (const n of [1, 2]) {
      await room.say();
      await room.passUntil(() => fixture.of('answered').length === n);
      expect(fixture.of('answered').at(-1)).toMatchObject({ heardText: five });
    }
    expect(fixture.of('failed')).toEqual([]);
    const listTold = () => fixture.written.filter((text) => text === formatText(id));
    expect(listTold()).toHaveLength(1);
  },
);

test('people read of the next failure once the live model has answered again', async () => {
  const settings: LiveModelSettings = { answer: () => ({ says: four }) };
  await using room = await openRoom({
    ...settings,
    trouble: 'bad key',
    texts: ['What time is it?'],
    standIn: writeScript(['Five.', 'Six.']),
  });
  const { fixture, live } = room;
  const askAndWait = async () => {
    const { length } = fixture.of('answered');
    await room.say();
    await room.passUntil(() => fixture.of('answered').length > length);
    // The server rests for a while after a failure.
    await room.pass(12_000);
  };
  await askAndWait();
  live.server.settings = settings;
  await askAndWait();
  expect(fixture.of('answered').at(-1)).toMatchObject({ heardText: four });
  live.server.settings = { ...settings, trouble: 'bad key' };
  await askAndWait();
  const told = fixture.written.filter((text) => text === formatText('live.key'));
  expect(told).toHaveLength(2);
});

/** A cap in dollars of what a server may spend a day, with a live model that costs $0.05 a minute. */
function openCap(clock: VirtualClock, serverDay: number, chatUsd: number) {
  const tokens = { perMillionInputTokens: chatUsd, perMillionOutputTokens: chatUsd };
  const live = { kind: 'priced', usd: { perMinute: 0.05 } } as const;
  const writing = { kind: 'priced', usd: tokens } as const;
  return openBudgets(clock, {
    caps: { serverDay: toUsd(serverDay) },
    tariff: {
      recognise: { kind: 'free' },
      think: live,
      speak: { kind: 'free' },
      others: { recognise: [], think: [writing], speak: [] },
    },
    rates: { 'gpt-live-1': live },
  }).budgets;
}

test('where the cap is reached in an answer, people are told why, and the chat model answers from then on', async () => {
  const clock = new VirtualClock(undefined, 4);
  const five = 'It is six, by the chat model.';
  await using room = await openRoom(
    {
      texts: ['Tell me a story.', 'Another one.', 'What time is it?', 'And now?'],
      answer: () => ({ says: 'Once upon a time there was a king. '.repeat(40) }),
      standIn: writeScript([five, five]),
      spending: openCap(clock, 0.053, 0.01),
    },
    clock,
  );
  const { fixture, live } = room;
  const countTold = (id: TextId) =>
    [...fixture.written, ...room.spoken].filter((text) => text === formatText(id))
      .length;
  // A part of the minute that was set aside is left, and begins a second session.
  for (const n of [1, 2]) {
    await room.say();
    await room.passUntil(() => fixture.of('answered').length === n, 120_000);
    await room.pass(6_000);
    const told = fixture.of('answered').at(-1);
    expect(told).toMatchObject({ finish: 'failed' });
    expect(told?.heardText).toContain('Once upon a time');
    expect(countTold('budget.rest.server')).toBe(1);
  }
  for (const n of [3, 4]) {
    await room.say();
    await room.passUntil(() => fixture.of('answered').length === n);
    expect(fixture.of('answered').at(-1)).toMatchObject({ heardText: five });
  }
  expect(live.server.sessions.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  // Two lines of the bot stand 30 s apart.
  await room.pass(31_000);
  expect(countTold('live.money')).toBe(1);
  expect(countTold('budget.rest.server')).toBe(1);
});

test('where the cap has room neither for a minute nor for an answer in writing, the words are dropped by one name', async () => {
  const clock = new VirtualClock(undefined, 4);
  await using room = await openRoom(
    {
      texts: ['What time is it?'],
      answer: () => ({ says: four }),
      standIn: writeScript(['Never written.']),
      spending: openCap(clock, 0.004, 1_000),
    },
    clock,
  );
  const { fixture, live } = room;
  await room.say();
  await room.pass(12_000);
  const reasons = fixture.of('dropped').map(({ why }) => why);
  expect(new Set(reasons)).toEqual(new Set(['budget']));
  expect([fixture.of('answered'), live.server.sessions]).toEqual([[], []]);
});

test('work that takes half a minute is said once it is done', async () => {
  const clock = new VirtualClock(undefined, 4);
  const worker: ChatModel = {
    async *reply(_messages, _tools, signal) {
      await clock.sleep(30_000, signal);
      yield { kind: 'text', text: 'The report is ready.' };
    },
  };
  await using room = await openRoom(
    {
      texts: ['Write the report.'],
      worker,
      standIn: writeScript(['I cannot.']),
      answer: () => ({ delegates: true, says: 'One moment.' }),
    },
    clock,
  );
  const { fixture } = room;
  await room.say();
  await room.passUntil(() => fixture.of('answered').length === 1, 80_000);
  expect(fixture.of('answered').at(-1)?.heardText).toMatch(/The report is ready\.$/);
});

test('after a no no session runs any more, and after the goodbye neither', async () => {
  await using room = await openRoom({
    texts: ['What time is it?'],
    answer: () => ({ says: four }),
  });
  await room.say();
  await room.passUntil(() => room.fixture.of('answered').length === 1);
  expect(room.live.talk.openSessions).toBe(1);
  await room.fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
  expect(room.live.talk.openSessions).toBe(0);
  await room.fixture.privacy.allow(toGuildId('g'), toPersonId('adam'));
  await room.say();
  await room.passUntil(() => room.live.talk.openSessions === 1);
  await room.fixture.sessions.leave(toGuildId('g'));
  expect(room.live.talk.openSessions).toBe(0);
});

test('a no of anybody whose words a session holds ends it, and the next one begins without them', async () => {
  await using room = await openRoom({
    texts: ['I am going to Rome.', 'What time is it?', 'And now?'],
    people: [adam, eva],
    addressing: 'always',
    answer: () => ({ says: four }),
  });
  const { fixture, live } = room;
  const guildId = toGuildId('g');
  await fixture.privacy.allow(guildId, toPersonId('eva'));
  for (const [n, who] of [eva, adam].entries()) {
    await room.say(who);
    await room.passUntil(() => fixture.of('answered').length === n + 1);
    // The next session is told what was said in the one that a silence ended.
    if (who === eva) await room.pass(12_000);
  }
  const listClosed = () => live.server.sessions.map(({ isClosed }) => isClosed);
  expect(listClosed()).toEqual([true, false]);
  await fixture.privacy.deny(guildId, toPersonId('eva'));
  expect([live.talk.openSessions, listClosed()]).toEqual([0, [true, true]]);
  await room.say();
  await room.passUntil(() => fixture.of('answered').length === 3);
  expect(live.server.sessions).toHaveLength(3);
  const told = JSON.stringify(live.server.sessions[2]?.commands);
  expect(told).toContain('What time is it?');
  expect(told).not.toMatch(/Rome|Eva/);
});

test('a no of somebody who joined a session that another began ends it', async () => {
  await using room = await openRoom({
    texts: ['What time is it?', 'I am going to Rome.'],
    people: [adam, eva],
    addressing: 'always',
    answer: () => ({ says: four }),
  });
  const { fixture, live } = room;
  await fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
  await room.say();
  await room.passUntil(() => fixture.of('answered').length === 1);
  await room.say(eva);
  await room.passUntil(() => fixture.of('answered').length === 2);
  expect(live.server.sessions).toHaveLength(1);
  await fixture.privacy.deny(toGuildId('g'), toPersonId('eva'));
  expect(live.talk.openSessions).toBe(0);
});
