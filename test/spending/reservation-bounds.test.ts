import type { AlertChange } from '#src/base/alerts.ts';
import { BotError } from '#src/base/errors.ts';
import { type GuildId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatMessage, ChatModel } from '#src/chat/chat-model.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';
import { type PaidKind, paidKinds } from '#src/spending/budget-authority.ts';
import { Ledger } from '#src/spending/ledger/ledger.ts';
import {
  createPaidChat,
  createPaidRecogniser,
  createPaidVoice,
} from '#src/spending/paid-engine.ts';
import type { RolePrice } from '#src/spending/prices/prices.ts';
import {
  boundModelRequest,
  boundRecognition,
  boundSpeech,
  type Reservation,
} from '#src/spending/reservation.ts';
import {
  makeGreedyChat,
  openBudgets,
  reserveAnswer,
  toUsd,
} from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { countRuns, fc } from '#test/properties.ts';

const never = new AbortController().signal;
const kinds = Object.keys(paidKinds) as PaidKind[];
const makePriced = (usd: (RolePrice & { kind: 'priced' })['usd']): RolePrice => ({
  kind: 'priced',
  usd,
});
const tariff = {
  recognise: makePriced({ perMinute: 0.02 }),
  think: makePriced({ perMillionInputTokens: 5, perMillionOutputTokens: 25 }),
  speak: makePriced({ perMillionCharacters: 60 }),
};
/** Prices of voices: by characters, by all tokens, by those of sound alone, and by one that tells nothing of sound. */
const speaking = [
  tariff.speak,
  makePriced({
    perMillionInputTokens: 1,
    perMillionOutputTokens: 10,
    perMillionAudioOutputTokens: 40,
  }),
  makePriced({ perMillionAudioOutputTokens: 400 }),
  makePriced({ perMillionOutputTokens: 400 }),
];

/** Some turns of the event loop, in which others go on. */
async function passTurns(count: number) {
  for (let n = 0; n < count; n++) await Promise.resolve();
}

const greedyChat = (slow: number) => makeGreedyChat(() => passTurns(slow));

/** Words of Ana, or of another payer. */
const toMessage = (content: string, name = 'ana') =>
  ({ role: 'user', name, content }) as const;

/** Asks a model at the cost of what was set aside. */
function askModel(
  reservation: Reservation,
  messages: readonly ChatMessage[],
  model: ChatModel = greedyChat(1),
) {
  const chat = createPaidChat(model).withReservation(reservation);
  return Array.fromAsync(chat.reply(messages, [], never));
}

/** Has as many letters read out. */
function speakLetters(reservation: Reservation, letters: number, slow: number) {
  const voice = createPaidVoice(slowVoice(slow)).withReservation(reservation);
  return Array.fromAsync(voice.synthesize('a'.repeat(letters), {}, never));
}

/** Sells characters or tokens: the longest sound, with all the text that is read and written for it. */
function slowVoice(slow: number): Synthesizer {
  const piece = {
    samples: new Int16Array(72_000),
    rateHz: 24_000,
    channels: 1,
  } as const;
  return {
    async *synthesize(text, { onUsage }) {
      const seconds = Math.ceil(text.length / 5) + 1;
      for (let n = 0; n < seconds; n += 3) {
        await passTurns(slow);
        yield piece;
      }
      const audioOutputTokens = seconds * 20;
      const inputTokens = text.length + 1_000;
      const outputTokens = text.length + audioOutputTokens;
      onUsage?.({
        count: { kind: 'tokens', inputTokens, outputTokens, audioOutputTokens },
      });
    },
  };
}

function slowEars(slow: number): Transcriber {
  return {
    async *transcribe() {
      await passTurns(slow);
      yield { kind: 'final', transcript: { text: 'five' } };
    },
    listen: () => ({
      push: () => undefined,
      settle: () => passTurns(slow).then(() => ({ text: 'five' })),
      [Symbol.dispose]: () => undefined,
    }),
  };
}

const [g, h, i] = [toGuildId('g'), toGuildId('h'), toGuildId('i')];
const bell = toPersonId('token:bell');
const payers = [toPersonId('ana'), toPersonId('ben'), bell, toPersonId('token:cat')];

const anyWork = fc.record({
  kind: fc.constantFrom(...kinds, 'hear' as const, 'stream' as const),
  guildId: fc.constantFrom(g, h),
  payer: fc.constantFrom(...payers),
  size: fc.integer({ min: 1, max: 20_000 }),
  slow: fc.integer({ min: 1, max: 9 }),
  rounds: fc.integer({ min: 1, max: 3 }),
});
const allWork = fc.array(anyWork, { minLength: 40, maxLength: 40 });
type Work = typeof anyWork extends fc.Arbitrary<infer One> ? One : never;
type Desk = ReturnType<typeof openBudgets>;

async function performWork(
  desk: Desk,
  { kind, guildId, payer, size, slow, rounds }: Work,
) {
  if (kind === 'hear' || kind === 'stream') {
    const hearing = desk.budgets.openHearingBudget(guildId, payer, kind === 'stream');
    if (!('reservation' in hearing)) return;
    await hearSound(slowEars(slow), hearing.reservation, kind === 'stream', size * 3);
    return hearing.decide(size % 2 > 0);
  }
  const messages = [toMessage('é'.repeat(size), payer)];
  const order = {
    kind,
    guildId,
    personId: payer,
    first: { messages },
  };
  using reservation = reserveAnswer(desk.budgets, order);
  if (!reservation) return;
  await passTurns(slow);
  for (let round = 0; round < rounds; round++) {
    const { form } = paidKinds[kind];
    if (form !== 'speech') await askModel(reservation, messages, greedyChat(slow));
    if (form !== 'writing') await speakLetters(reservation, size % 900, slow);
  }
}

async function hearSound(
  ears: Transcriber,
  reservation: Reservation,
  streams: boolean,
  ms: number,
) {
  const paid = createPaidRecogniser(ears).withReservation(reservation);
  const samples = new Int16Array(ms * 16);
  if (!streams)
    return void (await Array.fromAsync(
      paid.transcribe({ samples, rateHz: 16_000, channels: 1 }, never),
    ));
  using listening = paid.listen?.(() => undefined, never);
  for (let from = 0; from < samples.length; from += 16_000)
    listening?.push(samples.subarray(from, from + 16_000));
  await listening?.settle(never);
}

test('no cap is passed by forty payers at once, whatever they ask for and however long it takes', () =>
  fc.assert(
    fc.asyncProperty(allWork, fc.constantFrom(...speaking), async (all, speak) => {
      const clock = new VirtualClock();
      const ledger = new Ledger();
      const caps = { personDay: toUsd(0.25), serverDay: toUsd(0.6) };
      const getProgramCap = (id: string) => (id === bell ? toUsd(0.2) : undefined);
      const prices = { ...tariff, speak };
      const rules = { caps, ledger, getProgramCap, tariff: prices, totalUsd: 0.9 };
      const desk = openBudgets(clock, rules);
      await Promise.all(
        all.map((work) =>
          performWork(desk, work).catch((error: unknown) => {
            if (!(error instanceof BotError && error.code === 'budget.used'))
              throw error;
          }),
        ),
      );
      const readSpent = (id: GuildId) =>
        ledger.getStanding(id, clock.wallMs()).day.nanoUsd;
      for (const id of [g, h]) {
        expect(readSpent(id)).toBeLessThanOrEqual(caps.serverDay);
        for (const payer of payers) {
          const { nanoUsd } = ledger.getShare(id, payer, clock.wallMs());
          expect(nanoUsd).toBeLessThanOrEqual(getProgramCap(payer) ?? caps.personDay);
        }
        expect(ledger.getReserved(id)).toBe(0);
      }
      expect(ledger.getTotal(clock.wallMs())).toBeLessThanOrEqual(toUsd(0.9));
      expect(readSpent(g) + readSpent(h)).toBeGreaterThan(0);
    }),
    { numRuns: countRuns(40) },
  ));

test('a token with a quarter of a dollar is answered, by models of unknown price as well', async () => {
  const clock = new VirtualClock();
  const desk = openBudgets(clock, { caps: { personDay: toUsd(0.25) }, tariff });
  const work = { guildId: g, payer: bell, size: 2_000 } as const;
  for (const kind of ['answer in a file', 'answer in writing'] as const)
    await performWork(desk, { ...work, kind, slow: 1, rounds: 1 });
  expect(desk.paid.map(({ what }) => what)).toEqual(['think', 'speak', 'think']);
});

test('where not even 100 tokens and their sound fit, nothing is sent', async () => {
  const { budgets, paid } = openBudgets(new VirtualClock(), {
    caps: { serverDay: toUsd(0.03) },
    tariff,
  });
  const messages = [toMessage('é'.repeat(2_000))];
  const kind = 'check';
  expect(reserveAnswer(budgets, { kind, first: { messages } })).toBeUndefined();
  const reservation = reserveAnswer(budgets, { kind }) ?? expect.fail();
  const asking = askModel(reservation, messages);
  await expect(asking).rejects.toMatchObject({ code: 'budget.used' });
  expect(paid).toEqual([]);
});

test('forty payers at once under a small cap are answered as long as money for 100 tokens is left', async () => {
  const anyPayer = fc.record({
    guildId: fc.constantFrom(g, h, i),
    kind: fc.constantFrom('answer' as const, 'answer in a file' as const),
    slow: fc.integer({ min: 0, max: 9 }),
  });
  const all = fc.array(anyPayer, { minLength: 40, maxLength: 40 });
  const anyCap = fc.integer({ min: 40, max: 400 }).map((one) => one / 1_000);
  await fc.assert(
    fc.asyncProperty(all, anyCap, async (payers, totalUsd) => {
      const clock = new VirtualClock();
      const ledger = new Ledger();
      const { budgets } = openBudgets(clock, { ledger, tariff, totalUsd });
      const readSpent = () => ledger.getTotal(clock.wallMs());
      const sumReserved = () =>
        [g, h, i].reduce((sum, id) => sum + ledger.getReserved(id), 0);
      const answerPayer = async (
        { guildId, kind, slow }: (typeof payers)[number],
        n: number,
      ) => {
        const messages = [toMessage('Why?')];
        const bytes = Buffer.byteLength(JSON.stringify([messages, []]));
        const order = {
          guildId,
          personId: toPersonId(`${n}`),
          kind,
          first: { messages },
        };
        using reservation = reserveAnswer(budgets, order);
        if (!reservation) {
          const least = bytes * 5_000 + 100 * 25_000 + 400 * 60_000;
          expect(readSpent() + sumReserved() + least).toBeGreaterThan(toUsd(totalUsd));
          return false;
        }
        await passTurns(slow);
        await askModel(reservation, messages, greedyChat(slow));
        await speakLetters(reservation, 400, slow);
        return true;
      };
      expect(await Promise.all(payers.map(answerPayer))).toContain(true);
      expect(readSpent()).toBeLessThanOrEqual(toUsd(totalUsd));
      expect(sumReserved()).toBe(0);
    }),
    { numRuns: countRuns(40) },
  );
});

test.each([
  ['person', 'ana', { caps: { personDay: toUsd(0.04) } }],
  ['token', 'token:bell', { getProgramCap: () => toUsd(0.04) }],
  ['server', 'ana', { caps: { serverDay: toUsd(0.04) } }],
  ['all', 'ana', { totalUsd: 0.04 }],
] as const)(
  'a refusal in the middle names the cap, and that of all servers alerts the operator: %s',
  async (cap, personId, caps) => {
    const limits = { caps: { personDay: toUsd(1), serverDay: toUsd(1) }, totalUsd: 1 };
    const alerts: string[] = [];
    const onAlert = ({ name }: AlertChange) => void alerts.push(name);
    const clock = new VirtualClock();
    const { budgets } = openBudgets(clock, { tariff, onAlert, ...limits, ...caps });
    const reservation =
      reserveAnswer(budgets, { personId: toPersonId(personId) }) ?? expect.fail();
    const asking = askModel(reservation, [toMessage('a'.repeat(10_000))]);
    await expect(asking).rejects.toMatchObject({ about: { cap } });
    expect(alerts.includes('total-budget-used')).toBe(cap === 'all');
  },
);

test('a bound is in the counts that its rates price, and in none of sound itself', () => {
  const message = { role: 'user', content: 'é' };
  const wav = new Uint8Array(9);
  const { toUse } = boundModelRequest({
    messages: [{ ...message, wav }],
    heardMs: 1_000,
  });
  const bytes = Buffer.byteLength(JSON.stringify([[message], []]));
  const plain = { kind: 'tokens', inputTokens: bytes + 10, outputTokens: 7 };
  const ofSound = { perMillionAudioInputTokens: 1, perMillionAudioOutputTokens: 1 };
  expect(toUse(7, {})).toEqual(plain);
  expect(toUse(7, ofSound)).toEqual({
    ...plain,
    audioInputTokens: 10,
    audioOutputTokens: 7,
  });
  const tokens = { perMillionOutputTokens: 1 };
  for (const [bound, unit, kind] of [
    [boundSpeech('Hi.'), 'perMillionCharacters', 'spoken'],
    [boundRecognition(1_000), 'perMinute', 'heard'],
  ] as const) {
    const rates = [{}, tokens, { [unit]: 1 }, { ...tokens, [unit]: 1 }];
    const kinds = rates.map((rate) => bound.toUse(1_000, rate).kind);
    expect(kinds).toEqual([kind, 'tokens', kind, kind]);
  }
});

test('of what a program sent all is counted but its pictures, also what is written like one', () => {
  const url = `data:image/png;base64,${'A'.repeat(900)}`;
  const picture = { type: 'image_url', image_url: { url: '' } };
  const text = { type: 'text', text: url };
  const countMessage = (content: readonly object[], pictures: readonly string[]) => {
    const sent = { role: 'user', content, hidden: url };
    const message = { role: 'user', content: 'words', pictures, sent };
    const { toUse } = boundModelRequest({
      messages: [message],
      tools: [{ tools: [url] }],
    });
    return toUse(7, {});
  };
  const shown = { role: 'user', content: [picture, text], hidden: url };
  const bytes = Buffer.byteLength(JSON.stringify([[shown], [{ tools: [url] }]]));
  expect(bytes).toBeGreaterThan(2_700);
  expect(countMessage([{ ...picture, image_url: { url } }, text], [url])).toMatchObject(
    {
      inputTokens: bytes + 48_169,
    },
  );
});

test('a picture is set aside as the dearest of any vendor, and counted as such where no usage is told', async () => {
  const message = toMessage('é');
  const pictures = [
    `data:image/png;base64,${'A'.repeat(900)}`,
    'data:image/gif;base64,AA==',
  ];
  const seen: ChatMessage = { ...message, pictures };
  const tokensOf = (messages: readonly object[]) =>
    boundModelRequest({ messages }).toUse(7, {});
  const { inputTokens } = { inputTokens: 0, ...tokensOf([message]) };
  expect(tokensOf([seen])).toMatchObject({ inputTokens: inputTokens + 2 * 48_169 });
  const { budgets, paid } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(0.4) },
    tariff,
  });
  const reserveFor = (some: ChatMessage) =>
    reserveAnswer(budgets, { first: { messages: [some] } });
  expect(reserveFor(seen)).toBeUndefined();
  const reservation = reserveFor(message) ?? expect.fail();
  const silent: ChatModel = {
    canTakePictures: () => true,
    async *reply() {
      yield { kind: 'text', text: 'Yes.' };
    },
  };
  const asking = askModel(reservation, [seen], silent);
  await expect(asking).rejects.toMatchObject({ code: 'budget.used' });
  await askModel(reservation, [{ ...message, pictures: pictures.slice(1) }], silent);
  expect(paid).toMatchObject([
    { what: 'think', usd: expect.closeTo(48_170 * 5e-6, 4) },
  ]);
});
