import { BotError } from '#src/base/errors.ts';
import { readBy } from '#test/conversation/setup/read-outcome.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  hearSpeech,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

type Over = Pick<NonNullable<Parameters<typeof openBudgets>[1]>, 'caps' | 'tariff'> & {
  readonly parts?: FixtureOptions;
  readonly wallMs?: number;
};

/** Adam and Eva with the bot, and what it costs. */
async function openPaid({ caps = {}, tariff = {}, parts = {}, wallMs }: Over = {}) {
  const clock = new VirtualClock(wallMs);
  const purse = openBudgets(clock, { caps, tariff });
  const fixture = await joinLounge(
    { ...parts, spending: purse.budgets },
    [adam, eva],
    clock,
  );
  const spent = () => purse.ledger.getStanding('g', clock.wallMs()).day;
  return { ...purse, fixture, clock, spent };
}

const asker = { id: 'adam', name: 'Adam' };

test('an answer is paid for: recognising by its sound, thinking by what the server reports, speaking by its text', async () => {
  const usage = { inputTokens: 1_000, outputTokens: 500 };
  const chat = new FakeChat([['You said five.', { usage }]]);
  const { fixture, paid, spent } = await openPaid({ parts: { chat } });
  const pipe = await openPaid();
  await passTime(pipe.fixture, 4_000, await sayWords('human-cards-004', adam, 0));
  const sum = (what: string) =>
    pipe.paid
      .filter((one) => one.what === what)
      .reduce((all, { usd = 0 }) => all + usd, 0);
  expect(sum('recognise')).toBeGreaterThan((0.01 / 60) * 1.5);
  expect(sum('speak')).toBeCloseTo('You said five.'.length / 1e6, 9);
  expect(sum('think')).toBeGreaterThan(0);
  expect(pipe.spent().turns).toBe(1);
  await fixture.talk.askQuestion('g', 'And?', asker, 'text');
  expect(paid).toEqual([{ kind: 'spent', what: 'think', usd: 0.0015 }]);
  expect(spent()).toMatchObject({ nanoUsd: 1_500_000, turns: 1 });
});

test('a refused request costs nothing, and its reservation ends', async () => {
  const error = new BotError('provider.refused', false, 'No.');
  const chat = new FakeChat([[{ error }]]);
  const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });
  const { fixture, ledger, spent } = await openPaid({ parts: { chat, synthesizer } });
  expect(await asking(fixture, 'voice')).toMatchObject({ kind: 'failed' });
  expect(await asking(fixture, 'text')).toMatchObject({ kind: 'failed' });
  expect([spent().nanoUsd, ledger.getReserved('g')]).toEqual([0, 0]);
});

test('whoever has used their share reads so once, and is answered neither aloud nor in text', async () => {
  const { fixture, budgets } = await openPaid({ caps: { personDay: toUsd(0.002) } });
  use(budgets, 1_950);
  const line = { id: 'budget.user', with: { h: 8 } };
  expect(await asking(fixture, 'voice')).toEqual({ kind: 'failed', line });
  expect(await asking(fixture, 'voice')).toEqual({ kind: 'failed', line });
  expect(await asking(fixture, 'text')).toEqual({ kind: 'failed', line });
  await passTime(fixture, 31_000);
  expect([fixture.written, fixture.notified]).toEqual([[], []]); // each command is answered with it
  expect(fixture.of('dropped')).toMatchObject([{ why: 'budget' }, { why: 'budget' }]);
});

test('beyond the budget each question gets a tone, and its speaker reads why, at once and every ten minutes', async () => {
  const { fixture, budgets } = await openPaid({
    caps: { serverDay: toUsd(0.1) },
  });
  const { link } = fixture.linkOpener;
  use(budgets, 99_900);
  const ask = async () => {
    const before = link.sent;
    await hearSpeech(fixture, 4_000);
    return { hasTone: link.sent > before, lines: fixture.notified.flat().length };
  };
  expect(await ask()).toEqual({ hasTone: true, lines: 1 });
  expect(await ask()).toEqual({ hasTone: true, lines: 1 });
  await passTime(fixture, 600_000);
  expect(await ask()).toEqual({ hasTone: true, lines: 2 });
  expect(fixture.notified.flat()[0]).toMatchObject({
    personId: 'adam',
    text: "Today's budget is used. I won't speak until <t:1795219200:f>.",
  });
});

test('when the budget for recognition is used up, a person alone with the bot gets the tone and the line', async () => {
  const { fixture, budgets } = await openPaid({
    caps: { serverDay: toUsd(0.1) },
  });
  use(budgets, 100_000);
  const { present } = fixture.linkOpener.link;
  present.splice(0, present.length, adam);
  await hearSpeech(fixture, 4_000);
  expect(fixture.linkOpener.link.sent).toBeGreaterThan(0);
  expect(fixture.notified.flat()).toMatchObject([{ personId: 'adam' }]);
});

test('when much is left of a budget, it says that this is too little, and not that all is used', async () => {
  const { fixture } = await openPaid({ caps: { serverDay: toUsd(0.0005) } });
  await passTime(fixture, 4_000, await sayWords('human-cards-004', adam, 0));
  const [line] = fixture.notified.flat();
  expect(line?.text).toBe(
    "What is left of today's budget here is too little for this.",
  );
});

test('when the budget is used it says so once, shows until when, and reads nothing out', async () => {
  const { fixture, budgets } = await openPaid({ caps: { serverDay: toUsd(0.1) } });
  use(budgets, 99_900);
  await passTime(fixture, 4_000, await sayWords('human-cards-004', adam, 0));
  expect(fixture.of('answered')).toEqual([]);
  const quiet = { id: 'panel.quiet', with: { time: '<t:1795219200:f>' } };
  expect(fixture.faces.at(-1)?.lines[0]).toMatchObject(quiet);
  expect(await fixture.talk.sayText('g', 'Hello.', 'now')).toMatchObject({
    kind: 'refused',
    line: { id: 'budget.guild' },
  });
  expect(fixture.synthesizer.asked).toEqual([]);
});

test('at the very end nothing is recognised either, until the next day', async () => {
  const wallMs = Date.UTC(2026, 10, 20, 23, 59, 50);
  const { fixture, budgets, clock } = await openPaid({
    caps: { serverDay: toUsd(0.1) },
    wallMs,
  });
  use(budgets, 100_000);
  await passTime(fixture, 4_000, await sayWords('human-cards-004', adam, 0));
  expect([fixture.of('recognised'), fixture.of('ignored')]).toEqual([[], []]);
  await passTime(fixture, 8_000);
  const nowMs = clock.nowMs();
  await passTime(fixture, 4_000, await sayWords('human-cards-004', adam, nowMs));
  expect(fixture.of('answered')).toHaveLength(1);
});

test('a text that costs more than is left is written, and not read out', async () => {
  const { fixture, budgets, ledger, spent } = await openPaid({
    caps: { serverDay: toUsd(0.1) },
  });
  use(budgets, 98_500);
  await passTime(fixture, 20_000);
  const [before, asked] = [spent().nanoUsd, fixture.synthesizer.asked.length];
  const words = 'These words are many. '.repeat(90).trim();
  expect(await fixture.talk.sayText('g', words, 'now')).toMatchObject({
    kind: 'queued',
  });
  await passTime(fixture, 3_000);
  expect(fixture.written.at(-1)).toContain('These words are many.');
  await fixture.talk.sayText('g', words, 'now', { track: 'news' });
  await passTime(fixture, 3_000);
  expect([spent().nanoUsd, fixture.synthesizer.asked.length]).toEqual([before, asked]);
  expect(ledger.getReserved('g')).toBe(0);
});

test('a check is paid by the server, and asks nobody where its budget is used', async () => {
  const { fixture, budgets, spent } = await openPaid({
    caps: { serverDay: toUsd(0.1) },
  });
  const check = async () => {
    const checking = fixture.checkup.checkAnswers('g', 'adam');
    await passTime(fixture, 9_000);
    return (await checking).findings.filter(({ what }) =>
      ['recognise', 'think', 'speak'].includes(what),
    );
  };
  const before = spent().nanoUsd;
  expect((await check()).map(({ isIdle = false }) => isIdle)).toEqual([
    false,
    false,
    false,
  ]);
  expect(spent().nanoUsd).toBeGreaterThan(before);
  use(budgets, 99_500);
  const asked = fixture.chat.asked.length;
  expect(await check()).toMatchObject(
    Array.from({ length: 3 }, () => ({
      isIdle: true,
      why: expect.stringContaining("Today's budget is used."),
    })),
  );
  expect(fixture.chat.asked).toHaveLength(asked);
});

type Paid = Awaited<ReturnType<typeof openPaid>>;

/** Uses this many tokens of Adam's, a millionth of a dollar each. */
function use(budgets: Paid['budgets'], inputTokens: number) {
  const who = { guildId: 'g', personId: 'adam', name: 'Adam' };
  const opening = budgets.open({ ...who, kind: 'answer', first: { messages: [] } });
  if (opening.kind === 'refused') throw new Error('refused');
  opening.reservation.recordUsage({ inputTokens, outputTokens: 0 });
  opening.reservation.close();
}

async function asking(fixture: Paid['fixture'], how: 'voice' | 'text') {
  const answer = fixture.talk.askQuestion('g', 'How many?', asker, how);
  await passTime(fixture, 3_000);
  return readBy(await answer);
}

test('a recording of /ask is paid by whoever sent it, a person or a program, until their share is used', async () => {
  const recordings = { read: async () => twoMinutes, readPictures: async () => [] };
  const { fixture, ledger, clock, spent } = await openPaid({
    caps: { personDay: toUsd(0.03) },
    parts: { recordings },
    tariff: { think: { kind: 'free' }, speak: { kind: 'free' } },
  });
  for (const [id, count] of [
    ['eva', 1],
    ['token:bell', 1],
  ] as const) {
    const send = () =>
      fixture.talk.askQuestion('g', '', { id, name: id }, 'text', {
        recording: { url: '', name: 'recording' },
      });
    for (let n = 0; n < count; n++)
      expect(await send()).toMatchObject({ kind: 'answered' });
    expect(await send()).toMatchObject({
      kind: 'failed',
      line: { id: 'budget.rest.person' },
    });
    expect(ledger.getShare('g', id, clock.wallMs()).nanoUsd).toBe(count * 0.02e9);
  }
  expect(spent().nanoUsd).toBe(0.04e9);
});

const twoMinutes = {
  samples: new Int16Array(120 * 16_000).fill(1),
  rateHz: 16_000,
  channels: 1,
} as const;

test.each([
  ['the budget of the server', { serverDay: toUsd(0.1) }, 100_000],
  ['their own share', { personDay: toUsd(0.05) }, 50_000],
])(
  'a "stop" silences the bot also where %s is used up meanwhile',
  async (_, caps, usedUpTo) => {
    const chat = new FakeChat([['It is a long story. '.repeat(40)]]);
    const transcriber = new FakeTranscriber({ texts: ['Stop.'] });
    const { fixture, budgets } = await openPaid({ caps, parts: { chat, transcriber } });
    void fixture.talk.askQuestion('g', 'And?', { id: 'eva', name: 'Eva' }, 'voice');
    await passTime(fixture, 3_000);
    use(budgets, usedUpTo);
    const before = fixture.linkOpener.link.sent;
    await passTime(fixture, 2_000);
    expect(fixture.linkOpener.link.sent).toBeGreaterThan(before);
    expect(fixture.of('answered')).toEqual([]);
    await hearSpeech(fixture, 3_000);
    expect(fixture.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
  },
);
