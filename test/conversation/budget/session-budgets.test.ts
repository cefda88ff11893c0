import { BotError } from '#src/base/errors.ts';
import { noGuild, toGuildId, toPersonId } from '#src/base/ids.ts';
import { servedLocally } from '#src/provider/models/standard-models.ts';
import { createTranscriberChain } from '#src/speech/fallbacks/speech-chains.ts';
import type {
  EngineUsage,
  Listening,
  Transcriber,
  Transcript,
} from '#src/speech/speech-engine.ts';
import type {
  AnswerBudget,
  AnswerRequest,
  BudgetRefusal,
} from '#src/spending/budget-authority.ts';
import { createPaidChat, meterTranscriber } from '#src/spending/paid-engine.ts';
import type { SoundMeter } from '#src/spending/reservation.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';

const g = toGuildId('g');
/** The day of every virtual clock. */
const todayMs = new VirtualClock().wallMs();

const order: AnswerRequest = {
  kind: 'answer',
  guildId: g,
  personId: toPersonId('ana'),
  first: { messages: [], heardMs: 3_000 },
};

function openReservation(opening: AnswerBudget | BudgetRefusal) {
  if (opening.kind === 'refused') throw new Error(`refused: ${opening.line.id}`);
  return opening.reservation;
}

const countTokens = (count: number) => ({ inputTokens: count, outputTokens: 0 });

test('a program has its own budget, or that of a person, which answers in writing and texts read out use, too', () => {
  const getProgramCap = (id: string) =>
    id === 'token:bell' ? toUsd(0.0012) : undefined;
  const caps = { personDay: toUsd(0.0001) };
  const { budgets, ledger } = openBudgets(new VirtualClock(), { caps, getProgramCap });
  const program = { ...order, personId: toPersonId('token:bell') };
  expect(budgets.open(order)).toMatchObject({
    kind: 'refused',
    line: { id: 'budget.rest.person' },
  });
  expect(budgets.open(program).kind).toBe('open');
  expect(budgets.open({ ...order, kind: 'answer in writing' }).kind).toBe('refused');
  const without = {
    ...program,
    personId: toPersonId('token:cat'),
    kind: 'answer in writing',
  } as const;
  expect(budgets.open(without)).toMatchObject({
    kind: 'refused',
    line: { id: 'budget.rest.person' },
  });
  const reading = { ...program, kind: 'reading', first: 'x'.repeat(500) } as const;
  openReservation(budgets.open(reading)).recordSpeech({ characters: 500, ms: 1 });
  expect(ledger.getShare(g, toPersonId('token:bell'), todayMs).nanoUsd).toBe(0.0005e9);
  // The rest is reserved by the question, and may come back.
  expect(budgets.open(reading)).toMatchObject({ line: { id: 'budget.rest.person' } });
});

test('recognising a person counts against their cap before it is decided whether they meant the bot', () => {
  const caps = { personDay: toUsd(0.001) };
  const { budgets } = openBudgets(new VirtualClock(), { caps });
  const heard = budgets.openHearingBudget(g, toPersonId('ana'));
  if (!('reservation' in heard)) throw new Error('refused');
  heard.reservation.onRecognised(5_000);
  expect(budgets.open(order).kind).toBe('refused');
  heard.decide(false);
  expect(budgets.open(order).kind).toBe('open');
});

test('a request that still ends keeps its money after its answer is over', async () => {
  const caps = { personDay: toUsd(0.0006) };
  const { budgets, ledger } = openBudgets(new VirtualClock(), { caps });
  const bill = openReservation(budgets.open(order));
  const held = await bill.reserveRequest([], [], 0);
  bill.close();
  expect(budgets.open(order).kind).toBe('refused');
  expect(budgets.findUsedBudget(g, order.personId)).toBeDefined();
  expect(budgets.findUsedBudget(g)).toBeUndefined();
  held?.release();
  expect([ledger.getReserved(g), budgets.open(order).kind]).toEqual([0, 'open']);
});

test('a running answer may finish, whatever it costs, and then nobody begins another', () => {
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { serverDay: toUsd(0.01) },
  });
  const bill = openReservation(budgets.open(order));
  bill.recordUsage(countTokens(50_000));
  bill.close();
  expect(ledger.getStanding(g, todayMs).day.nanoUsd).toBe(0.05e9);
  expect(budgets.getToday(g)).toMatchObject({ usd: 0.05 });
  expect(budgets.open(order)).toMatchObject({
    kind: 'refused',
    line: { id: 'budget.guild' },
  });
});

test('at 80 % of a server the channel reads one line a day, and at its end another', () => {
  const { budgets } = openBudgets(new VirtualClock(), {
    caps: { serverDay: toUsd(0.1) },
  });
  const first = openReservation(budgets.open(order));
  first.recordUsage(countTokens(79_000));
  expect(budgets.open(order)).not.toMatchObject({ news: expect.anything() });
  first.recordUsage(countTokens(2_000));
  expect(budgets.open(order)).toMatchObject({
    kind: 'open',
    news: { id: 'budget.warn' },
  });
  expect(budgets.open(order)).not.toMatchObject({ news: expect.anything() });
  expect(budgets.findUsedBudget(g)).toBeUndefined();
  first.recordUsage(countTokens(19_000));
  const line = { id: 'budget.guild', with: { time: '<t:1795219200:f>' } };
  expect(budgets.findUsedBudget(g)).toMatchObject({ line, time: '<t:1795219200:f>' });
  const refused = budgets.openHearingBudget(g, toPersonId('ben'));
  if (!('isNews' in refused)) throw new Error('it was not refused');
  expect([refused.line, refused.isNews(), refused.isNews()]).toEqual([
    line,
    true,
    false,
  ]);
});

test('a server may set a cap below that of the operator, and never gets more than that', () => {
  const caps = { serverDay: toUsd(1), personDay: toUsd(0.001) };
  const getServerCap = (guildId: string) => toUsd(guildId === 'g' ? 0.0006 : 5);
  const { budgets } = openBudgets(new VirtualClock(), { caps, getServerCap });
  expect(budgets.getToday(g)).toMatchObject({ capUsd: 0.0006 });
  expect(budgets.getShare(g, toPersonId('ana'))).toMatchObject({ capUsd: 0.001 });
  expect(budgets.getToday(toGuildId('h'))).toMatchObject({ capUsd: 1 });
  openReservation(budgets.open(order));
  expect(budgets.open({ ...order, personId: toPersonId('ben') })).toMatchObject({
    kind: 'refused',
  });
  openReservation(budgets.open({ ...order, guildId: toGuildId('h') }));
  expect(
    budgets.open({ ...order, guildId: toGuildId('h'), personId: toPersonId('ben') })
      .kind,
  ).toBe('open');
});

test('the bot says which work is free and which cost is an estimate, and free work has no cap', () => {
  const free = { kind: 'free' } as const;
  const speak = {
    kind: 'priced',
    usd: { perMillionCharacters: 60 },
    isEstimate: true,
  } as const;
  const { budgets } = openBudgets(new VirtualClock(), {
    tariff: { recognise: free, speak },
  });
  expect(budgets.getPrices(g)).toEqual({ free: ['recognise'], estimated: ['speak'] });
  const caps = { personDay: 1, serverDay: 1 };
  const tariff = { recognise: free, think: free, speak: free };
  const costless = openBudgets(new VirtualClock(), { caps, tariff });
  for (let turn = 0; turn < 10; turn++)
    openReservation(costless.budgets.open(order)).recordUsage(countTokens(9_000));
  expect(costless.ledger.getStanding(g, todayMs).day.nanoUsd).toBe(0);
  expect(costless.budgets.findUsedBudget(g)).toBeUndefined();
});

test('only an answer in writing to typed words costs what the model of typed words costs', () => {
  const caps = { personDay: 1 };
  const { budgets } = openBudgets(new VirtualClock(), {
    caps,
    written: { think: { kind: 'free' } },
  });
  const openBudget = (kind: 'answer' | 'answer in writing', heardMs: number) =>
    budgets.open({ ...order, kind, first: { messages: [], heardMs } }).kind;
  expect(openBudget('answer in writing', 0)).toBe('open');
  expect(openBudget('answer in writing', 3_000)).toBe('refused');
  expect(openBudget('answer', 0)).toBe('refused');
});

test.each([
  { inputTokens: -1e9, outputTokens: 0 },
  { inputTokens: 1e308, outputTokens: 1e308 },
  { inputTokens: Number.NaN, outputTokens: 1 },
])(
  'counts that cannot be, $inputTokens and $outputTokens, cost what was set aside',
  async (usage) => {
    const { budgets, ledger } = openBudgets(new VirtualClock(), {
      caps: { serverDay: toUsd(5) },
    });
    using reservation = openReservation(budgets.open(order));
    const chat = createPaidChat(new FakeChat([[{ usage }]])).withReservation(
      reservation,
    );
    await Array.fromAsync(chat.reply([], [], new AbortController().signal));
    expect(ledger.getStanding(g, todayMs).day).toMatchObject({ nanoUsd: 4_007_000 });
    expect(budgets.open(order).kind).toBe('open');
  },
);

const never = new AbortController().signal;
const second = new Int16Array(16_000);
const reportHeard = (ms: number): EngineUsage => ({
  by: servedLocally,
  count: { kind: 'heard', ms },
});

/** One that hears while somebody speaks, and answers as told. */
function makeStreamingEngine(settle: Listening['settle']) {
  return {
    transcribe: () => {
      throw new Error('It listens.');
    },
    listen: () => ({
      push: () => undefined,
      settle,
      [Symbol.dispose]: () => undefined,
    }),
  };
}

/** Server of the sound, which is live. */
const liveServer = { guildId: noGuild, isLive: true };

function startListening(settle: Listening['settle']) {
  const heard: (readonly [ms: number, took: EngineUsage | undefined])[] = [];
  const metered = meterTranscriber(makeStreamingEngine(settle), {
    ...liveServer,
    onRecognised: (ms, usage) => void heard.push([ms, usage]),
  });
  return {
    heard,
    listening: metered.listen?.(() => undefined, never) ?? expect.fail(),
  };
}

/** Money for a stream, and what it takes of it. */
function meteredBy(holdSound: SoundMeter['holdSound'], push: Listening['push']) {
  const heardValues: number[] = [];
  const inner = {
    push,
    settle: async () => ({ text: 'a' }),
    [Symbol.dispose]: () => undefined,
  };
  const streams: Transcriber = {
    ...makeStreamingEngine(inner.settle),
    listen: () => inner,
  };
  const meter: SoundMeter = {
    ...liveServer,
    onRecognised: (ms) => void heardValues.push(ms),
    holdSound,
  };
  const metered = meterTranscriber(streams, meter);
  return {
    heard: heardValues,
    metered: metered.listen?.(() => undefined, never) ?? expect.fail(),
  };
}

const answerInTurn = (...texts: readonly Transcript[]) => {
  const left = [...texts];
  return async () => left.shift() ?? { text: '' };
};

test('of sound that streams the count of the server is paid, not its length as well', async () => {
  const { listening: listener, heard } = startListening(
    answerInTurn({ text: 'a', usage: reportHeard(900) }),
  );
  listener.push(second);
  await listener.settle(never);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[1_000, reportHeard(900)]]);
});

test('sound that streams waits until money for it is set aside, is sent whole, and frees the rest', async () => {
  const pushed: number[] = [];
  const [asked, ended]: [number[], number[]] = [[], []];
  const holdUnits = async (ms: number) => {
    const n = asked.push(ms);
    await Promise.resolve();
    return { maxUnits: 1_500, release: () => void ended.push(n) };
  };
  const { heard, metered } = meteredBy(
    holdUnits,
    (sound) => void pushed.push(sound.length),
  );
  for (let n = 0; n < 4; n++) metered.push(second);
  expect(pushed).toEqual([]);
  await metered.settle(never);
  metered[Symbol.dispose]();
  expect([pushed, heard]).toEqual([[16_000, 16_000, 16_000, 16_000], [4_000]]);
  expect([asked, ended]).toEqual([
    [30_000, 30_000, 30_000],
    [1, 2, 3],
  ]);
  metered.push(second);
  await waitUntilSettled();
  expect([pushed.length, ended]).toEqual([4, [1, 2, 3, 4]]);
});

test('sound without a transcript is paid by its length at the end', async () => {
  const { listening: listener, heard } = startListening(() =>
    Promise.reject(new Error('left')),
  );
  listener.push(second);
  await expect(listener.settle(never)).rejects.toThrow('left');
  expect(heard).toEqual([]);
  listener.push(second);
  listener[Symbol.dispose]();
  expect(heard).toEqual([[2_000, undefined]]);
});

test('of an utterance that is sent whole, what the server counts is told, and of a cut one its length', async () => {
  const heard: Parameters<SoundMeter['onRecognised']>[] = [];
  const whole: Transcriber = {
    async *transcribe() {
      yield { kind: 'partial', text: 'a' };
      yield { kind: 'final', transcript: { text: 'a', usage: reportHeard(900) } };
    },
  };
  const metered = meterTranscriber(whole, {
    ...liveServer,
    onRecognised: (...requests) => void heard.push(requests),
  });
  const pcm = { samples: second, rateHz: 16_000, channels: 1 } as const;
  for await (const _ of metered.transcribe(pcm, never)) break;
  for await (const _ of metered.transcribe(pcm, never));
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, reportHeard(900)],
  ]);
});

test('a server that heard somebody speak and is late with their words is paid beside the one that answers', async () => {
  const failLate = () => Promise.reject(new BotError('provider.late', true, 'Late.'));
  const failing: Transcriber = {
    ...makeStreamingEngine(failLate),
    async *transcribe() {
      yield await failLate();
    },
  };
  const answering: Transcriber = {
    async *transcribe() {
      yield { kind: 'final', transcript: { text: 'five', usage: reportHeard(900) } };
    },
  };
  const clock = new VirtualClock();
  const { chain } = makeChain('speech to text', [failing, answering], clock);
  const heard: Parameters<SoundMeter['onRecognised']>[] = [];
  const metered = meterTranscriber(createTranscriberChain(chain, true), {
    ...liveServer,
    onRecognised: (...item) => void heard.push(item),
  });
  using live = metered.listen?.(() => undefined, never) ?? expect.fail();
  live.push(second.map(() => 900));
  const settling = live.settle(never);
  await clock.advance(2_000);
  expect(await settling).toMatchObject({ text: 'five' });
  expect(heard).toEqual([
    [1_000, undefined],
    [1_000, undefined],
    [1_000, reportHeard(900)],
  ]);
});
