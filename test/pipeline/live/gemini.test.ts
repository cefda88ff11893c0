import { Secret } from '#src/base/secret.ts';
import type { ChatMessage, ToolCall } from '#src/chat/chat-model.ts';
import type { TokenUsage } from '#src/provider/models/request-reservation.ts';
import type { FakeHost } from '#test/contracts/pipeline-contract.ts';
import { openBudgets, reserveAnswer, toUsd } from '#test/fakes/fake-spending.ts';
import type { GeminiModelSettings } from '#test/fakes/providers/gemini-live-model.ts';
import { MemoryGeminiServer } from '#test/fakes/providers/live-sockets.ts';
import {
  askLive,
  makeLiveSound,
  makeReleasedHost,
  makeSpokenTurn,
  measureSoundMs,
  openLive,
  readAnswer,
  writeScript,
} from './live-setup.ts';

const four = 'It is four in the afternoon.';
const userMessage: ChatMessage = {
  role: 'user',
  name: 'Ana',
  content: 'What time is it?',
};
const assistantMessage: ChatMessage = { role: 'assistant', content: four };

function openGemini(
  settings: GeminiModelSettings,
  worker = writeScript(['I cannot.']),
) {
  const gemini = new MemoryGeminiServer(settings);
  const { openSocket } = gemini;
  const model = 'gemini-3.8-live';
  const apiKey = new Secret('key-of-google');
  const live = openLive({ answer: () => ({}), apiKey, model, openSocket, worker });
  return Object.assign(live, { gemini });
}

const saysFour: GeminiModelSettings = { answer: () => ({ says: four }) };

test('a spoken question is answered by voice and words, and the model hears it at 16 kHz and nothing else', async () => {
  using live = openGemini(saysFour);
  const turn = makeSpokenTurn('What time is it?');
  const { error, parts, text } = await askLive(live, turn);
  expect([error, text]).toEqual([undefined, four]);
  expect(measureSoundMs(parts)).toBeGreaterThan(four.length * 60);
  const [session] = live.gemini.sessions;
  expect(session?.voicedMs).toBeCloseTo(1_000, -2);
  await live.clock.advance(5_000);
  expect([session?.silentMs, session?.fault]).toEqual([0, undefined]);
  expect(live.gemini.urls).toEqual([
    'ws://live.test/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=key-of-google',
  ]);
  expect(live.talk.openSessions).toBe(1);
  await live.clock.advance(6_000);
  expect([live.talk.openSessions, session?.isClosed]).toEqual([0, true]);
});

test('the end of the words, and no pause in them, ends the question', async () => {
  using live = openGemini(saysFour);
  const { samples, sound } = makeLiveSound(2_000);
  const host = makeReleasedHost();
  const turn = makeSpokenTurn('What time is it?', 2_000, {}, sound);
  await live.speakTurn(turn, sound, samples, host);
  const [session] = live.gemini.sessions;
  expect([session?.questions, session?.silentMs]).toEqual([0, 0]);
  const beganMs = live.clock.nowMs();
  expect((await askLive(live, turn, host)).text).toBe(four);
  expect(session?.questions).toBe(1);
  // The answer comes faster than it lasts.
  expect(live.clock.nowMs() - beganMs).toBeLessThan(500);
});

test('words that follow an answer which was given up are asked anew, and nothing of the former is heard', async () => {
  using live = openGemini({
    answer: (n) => ({ says: n === 0 ? 'To half of it.' : four }),
  });
  const { samples, sound } = makeLiveSound(1_000);
  const host = makeReleasedHost();
  const turn = makeSpokenTurn('What time', 1_000, {}, sound);
  await live.speakTurn(turn, sound, samples, host);
  const givenUp = new AbortController();
  const first = readAnswer(live, turn, host, givenUp.signal);
  await live.clock.advance(20);
  givenUp.abort(new Error('goes on'));
  await live.runWork(first);
  await live.speakTurn(turn, sound, samples, host);
  live.gemini.sessions[0]?.say({
    serverContent: { interrupted: true, outputTranscription: { text: 'half' } },
  });
  live.gemini.sessions[0]?.say({ serverContent: { turnComplete: true } });
  const { error, text } = await askLive(live, turn, host);
  expect([error, text]).toEqual([undefined, four]);
  expect(live.gemini.sessions).toHaveLength(1);
});

test('work goes to the chat model with its tools, and its result is given to the call and said', async () => {
  const call: ToolCall = { id: 'c1', name: 'lamp', argumentsJson: '{"on":true}' };
  const worker = writeScript([call, 'The lamp is on now.']);
  using live = openGemini(
    { answer: () => ({ delegates: true, says: 'One moment.' }) },
    worker,
  );
  const host = makeReleasedHost();
  const { error, text } = await askLive(live, makeSpokenTurn('Lamp on, please.'), host);
  expect(error).toBeUndefined();
  expect(text).toMatch(/^(?:One moment\.\s*)?The lamp is on now\.$/);
  expect(host.ran).toEqual([call]);
  const [session] = live.gemini.sessions;
  expect(session?.fault).toBeUndefined();
  expect(session?.messages).toContainEqual({
    toolResponse: {
      functionResponses: [
        {
          id: 'function-call-1',
          name: 'delegate',
          response: { output: 'The lamp is on now.' },
          scheduling: 'WHEN_IDLE',
        },
      ],
    },
  });
});

test('a session goes on while it knows what was said, and the next is told what was heard', async () => {
  using live = openGemini(saysFour);
  await askLive(live, makeSpokenTurn('What time is it?'));
  const whole = [userMessage, assistantMessage];
  await askLive(live, makeSpokenTurn('And now?', 1_000, { history: whole }));
  expect(live.gemini.sessions.map(({ questions }) => questions)).toEqual([2]);
  const cut = [userMessage, { ...assistantMessage, content: 'It is' }];
  await askLive(live, makeSpokenTurn('Go on.', 1_000, { history: cut }));
  expect(live.gemini.sessions).toHaveLength(2);
  expect(live.gemini.sessions[1]?.messages).toContainEqual({
    clientContent: {
      turns: [
        { role: 'user', parts: [{ text: 'Ana: What time is it?' }] },
        { role: 'model', parts: [{ text: 'It is' }] },
      ],
      turnComplete: true,
    },
  });
  expect(live.gemini.sessions.map(({ fault }) => fault)).toEqual([
    undefined,
    undefined,
  ]);
});

/** Prices that make the sound of a whole session the dearest part of a turn. */
const soundPrice = {
  perMillionInputTokens: 0.5,
  perMillionAudioInputTokens: 3,
  perMillionOutputTokens: 2,
  perMillionAudioOutputTokens: 12,
};

test.each([
  ['many short turns', 1_000, 'Yes.'],
  ['long answers', 4_000, four.repeat(9)],
] as const)(
  'a turn is paid for all tokens of its session before it is asked, and %s pass no cap',
  async (_, askedMs, says) => {
    using live = openGemini({ answer: () => ({ says }) });
    const capUsd = 0.3;
    const { budgets, paid } = openBudgets(live.clock, {
      caps: { serverDay: toUsd(capUsd) },
      rates: { 'gemini-3.8-live': { kind: 'priced', usd: soundPrice } },
    });
    const history: ChatMessage[] = [];
    const assistant: ChatMessage = { role: 'assistant', content: says };
    let refused: unknown;
    for (let n = 0; n < 400 && !refused; n++) {
      using reservation = reserveAnswer(budgets) ?? undefined;
      if (!reservation) break;
      const host = makeReleasedHost();
      Object.assign(host, { meter: reservation });
      const turn = makeSpokenTurn('What time is it?', askedMs, {
        history: [...history],
      });
      refused = (await askLive(live, turn, host)).error;
      history.push(userMessage, assistant);
    }
    await live.clock.advance(11_000);
    const turns = live.gemini.sessions.flatMap(({ charged }) => charged);
    const chargedUsd = sumBy(turns, ({ read, said }) => {
      const readUsd = 0.5 * read.text + 3 * read.sound;
      return (readUsd + 12 * said.sound) / 1e6;
    });
    const paidUsd = sumBy(paid, ({ usd }) => usd);
    expect(chargedUsd).toBeLessThanOrEqual(capUsd);
    expect(paidUsd).toBeCloseTo(chargedUsd, 6);
    expect(turns.length).toBeGreaterThan(10);
    expect(chargedUsd).toBeGreaterThan(0.7 * capUsd);
    expect(sumBy(paid, ({ talkMs = 0 }) => talkMs)).toBeGreaterThan(20_000);
  },
);

function sumBy<T>(values: readonly T[], read: (value: T) => number) {
  return values.reduce((sum, value) => sum + read(value), 0);
}

test('a result of work is paid as a turn of its own, and a turn that was cut by what was heard of it', async () => {
  const usages: TokenUsage[] = [];
  const reserved: TokenUsage[] = [];
  let held = 0;
  const host = makeReleasedHost();
  const meter: FakeHost['meter'] = {
    ...host.meter,
    async reserveTurn(most: TokenUsage) {
      if (most.inputTokens > 0) reserved.push(most);
      held++;
      return { maxUnits: most.outputTokens, release: () => void held-- };
    },
    recordTurn: (usage: TokenUsage) => void usages.push(usage),
  };
  Object.assign(host, { meter });
  using live = openGemini(
    { answer: (n) => (n === 0 ? { delegates: true, says: 'One moment.' } : saysLong) },
    writeScript(['The lamp is on now.']),
  );
  expect((await askLive(live, makeSpokenTurn('Lamp on.'), host)).error).toBeUndefined();
  const history = [
    userMessage,
    { ...assistantMessage, content: 'The lamp is on now.' },
  ];
  const stop = new AbortController();
  const cut = readAnswer(
    live,
    makeSpokenTurn('And now?', 1_000, { history }),
    host,
    stop.signal,
  );
  await live.clock.advance(3_000);
  stop.abort(new Error('stop'));
  await live.runWork(cut);
  await live.clock.advance(11_000);
  const charged = live.gemini.sessions.flatMap((session) => session.charged);
  expect(usages).toHaveLength(charged.length);
  for (const [n, { read, said }] of charged.entries()) {
    expect(reserved[n]?.inputTokens).toBeGreaterThanOrEqual(read.text + read.sound);
    expect(reserved[n]?.audioInputTokens).toBeGreaterThanOrEqual(read.sound);
    expect(usages[n]?.outputTokens).toBeGreaterThanOrEqual(said.sound);
  }
  expect(held).toBe(0);
});

const saysLong = { says: four.repeat(20) };

test('a session that its server will end soon takes no further question', async () => {
  using live = openGemini(saysFour);
  await askLive(live, makeSpokenTurn('What time is it?'));
  live.gemini.sessions[0]?.say({ goAway: { timeLeft: '9.5s' } });
  await live.clock.advance(20);
  const history = [userMessage, assistantMessage];
  await askLive(live, makeSpokenTurn('And now?', 1_000, { history }));
  expect(live.gemini.sessions.map(({ isClosed }) => isClosed)).toEqual([true, false]);
});

test.each([
  ['API key not valid. Please pass a valid API key.', 'provider.bad_key'],
  ['models/gemini-9 is not found for API version v1beta', 'provider.refused'],
  ['You exceeded your current quota.', 'provider.rate_limited'],
  ['Request contains an invalid argument.', 'provider.refused'],
  ['', 'provider.truncated'],
] as const)(
  'a server that refuses by “%s” is told by name: %s',
  async (refuses, code) => {
    using live = openGemini({ ...saysFour, refuses });
    const { error } = await askLive(live, makeSpokenTurn('What time is it?'));
    expect(error).toMatchObject({ code });
  },
);

test.each([
  ['PROHIBITED_INPUT_CONTENT', 'provider.refused'],
  ['NEED_MORE_INPUT', 'provider.late'],
] as const)(
  'a turn that ends by %s without a word fails by name: %s',
  async (moderates, code) => {
    using live = openGemini({ ...saysFour, moderates });
    const { error, parts } = await askLive(live, makeSpokenTurn('What time is it?'));
    expect(error).toMatchObject({ code });
    expect(measureSoundMs(parts)).toBe(0);
  },
);

test('a lost connection ends the answer by name, and the next question opens another', async () => {
  using live = openGemini({ answer: () => ({ delegates: true }) }, writeScript([]));
  const answering = readAnswer(live, makeSpokenTurn('What time is it?'));
  await live.clock.advance(500);
  live.gemini.dropAll();
  expect((await live.runWork(answering)).error).toMatchObject({
    code: 'provider.truncated',
  });
});
