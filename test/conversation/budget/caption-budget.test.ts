import { expect, test } from 'vitest';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import { LedgerPersistence } from '#src/spending/ledger/ledger-persistence.ts';
import { freeRecogniser } from '#src/spending/paid-engine.ts';
import {
  adam,
  eva,
  germanPlaces,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { RecordedUtterances } from '#test/fakes/speakers/utterances.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { dollars, MemorySpending, openBudgets } from '#test/fakes/spending.ts';

const speech = 'human-goforward';
const todayMs = new VirtualClock().wallMs();

type CaptionBudgetOptions = Parameters<typeof openSessionFixture>[0] & {
  readonly captionsDayMs?: number;
  readonly off?: true;
  /** Cap of a day, in US dollars. */
  readonly dayUsd?: number;
};

/** Adam and Eva are heard by a recogniser that costs a cent a minute. */
async function talked({ captionsDayMs = 0, off, dayUsd = 10, ...over }: CaptionBudgetOptions = {}) {
  const clock = new VirtualClock();
  const caps = { serverDay: dollars(dayUsd), captionsDayMs };
  const hasFree = over.roughTranscriber !== undefined;
  const { budgets, ledger } = openBudgets(clock, { caps, ...(!off && { captions: { hasFree } }) });
  const listener = new RecordedUtterances();
  const fixture = openSessionFixture(
    { spending: budgets, addressing: 'name', ...(!off && { captions: () => listener }), ...over },
    [adam, eva],
    clock,
  );
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva');
  const says = async (who = adam) =>
    await pass(fixture, 5_000, await words(speech, who, clock.nowMs()));
  const sums = () => {
    const { day, captions, people } = ledger.standing('g', clock.wallMs());
    return { day, captions, adam: people.get('adam') };
  };
  return { clock, budgets, fixture, ledger, listener, says, sums };
}

test('what nobody said to the bot is paid by the server, and by its budget for captions', async () => {
  const { says, sums } = await talked();
  await says();
  const { day, captions, adam: his } = sums();
  expect(his).toBeUndefined();
  expect(captions.ms).toBeGreaterThan(1_500);
  expect(captions.nanoUsd).toBeGreaterThan(0);
  expect(day.ms - captions.ms).toBe(1_000); // what the bot said itself
});

test('without captions what nobody said to the bot is paid by the server alone', async () => {
  const { says, sums } = await talked({ off: true });
  await says();
  const { day, captions, adam: his } = sums();
  expect([his, captions.ms]).toEqual([undefined, 0]);
  expect(day.ms).toBeGreaterThan(1_500);
});

test('what is said to the bot is paid from its speaker, with captions or without', async () => {
  for (const off of [undefined, true] as const) {
    const { says, sums } = await talked({ addressing: 'always', ...(off && { off }) });
    await says();
    expect(sums().captions.ms).toBe(0);
    expect(sums().adam?.ms).toBeGreaterThan(1_500);
  }
});

test('what was taken back is paid by the server', async () => {
  const { clock, fixture, sums } = await talked({ addressing: 'always' });
  await pass(fixture, 1_500, await words(speech, adam, clock.nowMs()));
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 1_000);
  expect([sums().adam, sums().day.ms > 0]).toEqual([undefined, true]);
});

test('at 80 % of their budget people are told once; once it is used, captions go on and answers end', async () => {
  const { budgets, fixture, listener, says } = await talked({ captionsDayMs: 2_300 });
  await says();
  await says();
  expect(fixture.written).toEqual(["80 % of today's budget for captions is used."]);
  await says();
  await says();
  expect(listener.ends).toEqual(['five five', 'five five', 'five five', 'five five']);
  await pass(fixture, 60_000); // notices wait for one another
  expect(fixture.written.slice(1)).toEqual([
    "Today's budget for captions is used. They go on with the rest of today's budget; I don't answer until <t:1795219200:f>.",
  ]);
  const order = { guildId: 'g', personId: 'adam', name: 'Adam', characters: 100, heardMs: 2_000 };
  expect(budgets.manner('g')).toMatchObject({ step: 'captions', isSparing: true });
  for (const kind of ['answer', 'answer in writing', 'recap', 'translation', 'reading'] as const)
    expect(budgets.open({ ...order, kind })).toMatchObject({ kind: 'refused' });
});

test('answers that may be in vain end at 80 % of the budget of captions, before anything else', async () => {
  const { budgets, says } = await talked({ captionsDayMs: 2_300 });
  expect(budgets.manner('g')).toMatchObject({ step: 'full', isSparing: false });
  await says();
  expect(budgets.manner('g')).toMatchObject({ step: 'full', isSparing: true });
});

test('without captions their used budget ends no answer', async () => {
  const { budgets, ledger, clock } = await talked({ captionsDayMs: 1_000, off: true });
  ledger.assignToCaptions('g', { ms: 2_000 }, clock.wallMs());
  expect(budgets.manner('g')).toMatchObject({ step: 'full' });
});

test('captions end with the budget of the server, and with the free recogniser not even then', async () => {
  for (const hasFree of [false, true]) {
    const rough = new FakeTranscriber({ texts: ['fife fife'] });
    const roughTranscriber = freeRecogniser(rough);
    const { budgets, clock, fixture, ledger, listener, says } = await talked({
      ...(hasFree && { roughTranscriber }),
    });
    ledger.charge('g', undefined, { nanoUsd: 10e9 }, clock.wallMs());
    expect(budgets.manner('g').step).toBe('quiet');
    await says();
    await pass(fixture, 5_000);
    expect(listener.ends).toEqual(hasFree ? ['fife fife'] : []);
    const { line } = budgets.manner('g').quiet ?? {};
    expect(line?.id).toBe(hasFree ? 'budget.guild.captions' : 'budget.quiet');
    expect(ledger.standing('g', clock.wallMs()).captions.nanoUsd).toBe(0);
  }
});

test('where no cap of the server ends it, captions end with their own budget', async () => {
  const { fixture, listener, says } = await talked({ captionsDayMs: 1_000, dayUsd: 0 });
  await says();
  await says();
  expect(listener.ends).toEqual(['five five']);
  await pass(fixture, 60_000);
  expect(fixture.written).toEqual([
    "Today's budget for captions is used. Captions are off until <t:1795219200:f>; I still answer.",
  ]);
});

test('with the budget for captions used, the free recogniser serves people among themselves', async () => {
  const rough = new FakeTranscriber({ texts: ['fife fife'] });
  const { budgets, fixture, listener, says } = await talked({
    captionsDayMs: 1_000,
    roughTranscriber: freeRecogniser(rough),
  });
  await says();
  await says(eva);
  await says();
  expect(listener.ends).toEqual(['five five', 'fife fife', 'fife fife']);
  expect(budgets.manner('g')).toMatchObject({ step: 'full', isSparing: true }); // it still answers
  expect(fixture.written).toEqual([
    "Today's budget for captions is used. They are less accurate until <t:1795219200:f>.",
  ]);
});

test('the free recogniser knows English only', async () => {
  const rough = new FakeTranscriber({ texts: ['fife fife'] });
  const { listener, says } = await talked({
    captionsDayMs: 1_000,
    roughTranscriber: freeRecogniser(rough),
    places: germanPlaces,
  });
  await says();
  await says();
  expect([listener.ends, rough.heard]).toEqual([['five five', 'five five'], []]);
});

test('who has used their share is still written, and not answered', async () => {
  const { budgets, fixture, ledger, listener, says } = await talked({ addressing: 'always' });
  const { budgets: poor } = openBudgets(fixture.clock, { caps: { personDay: dollars(0.001) } });
  expect(budgets.listen('g', 'adam')).toHaveProperty('reservation');
  const opened = poor.open({
    guildId: 'g',
    personId: 'adam',
    name: 'Adam',
    characters: 1,
    heardMs: 1,
    kind: 'answer',
  });
  if (opened.kind === 'open') opened.reservation.used({ inputTokens: 10_000, outputTokens: 0 });
  expect(poor.listen('g', 'adam')).toMatchObject({ kind: 'refused' });
  expect(poor.listen('g', 'adam', true)).toHaveProperty('reservation');
  await says();
  expect([listener.ends.length, ledger.standing('g', todayMs).captions.ms]).toEqual([1, 0]);
});

test('the budget for captions counts on after a restart', async () => {
  const [clock, spending] = [new VirtualClock(), new MemorySpending()];
  const kept = (ledger: Ledger) =>
    new LedgerPersistence({ alert: () => undefined, ledger, spending, clock, report: () => {} });
  const before = new Ledger();
  before.charge('g', undefined, { ms: 5_000 }, clock.wallMs());
  before.assignToCaptions('g', { ms: 5_000 }, clock.wallMs());
  await kept(before)[Symbol.asyncDispose]();
  const after = new Ledger();
  const keeper = kept(after);
  await keeper.open();
  const { day, captions } = after.standing('g', clock.wallMs());
  expect([day.ms, captions.ms]).toEqual([5_000, 5_000]);
  expect(after.standing('g', clock.wallMs() + 86_400_000).captions.ms).toBe(0);
});

test('an hour of talk has its price, where that is known: with pauses sent early, or once to a recogniser that streams', () => {
  const unpriced = { recognise: { kind: 'unpriced' } } as const;
  expect(openBudgets(new VirtualClock()).budgets.hourPrice('g')).toBeCloseTo(0.78);
  const live = openBudgets(new VirtualClock(), { tariff: { streams: true } });
  expect(live.budgets.hourPrice('g')).toBeCloseTo(0.6);
  const { budgets } = openBudgets(new VirtualClock(), { tariff: unpriced });
  expect(budgets.hourPrice('g')).toBeUndefined();
});
