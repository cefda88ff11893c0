import { toGuildId } from '#src/base/ids.ts';
import { judgeOrder } from '#src/pipeline/chained-pipeline.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { EarlyRecognition } from '#src/speech/local/jobs/early-recognition.ts';
import type { JudgedSound } from '#src/speech/local/turn-model.ts';
import { paidRoles } from '#src/spending/prices/prices.ts';
import { endpointRules, usualTurnModelMs } from '#src/turn/endpointing/endpointing.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import {
  listKept,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  openServed,
  type ServedOptions,
} from '#test/conversation/setup/served-session.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { boundlessBudget } from '#test/fakes/fake-spending.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';

test.each([
  [['recognise'], 'pausedAtMs', 'endedAtMs'],
  [[], 'endedAtMs', 'endedAtMs'],
  [paidRoles, 'pausedAtMs', 'pausedAtMs'],
] as const)(
  'after an answer in vain, with %j free, words are known at %s and the answer at %s',
  async (free, wordsAtMs, answerAtMs) => {
    const fixture = await joinLounge({
      rounds: [[{ usage: { inputTokens: 9_000, outputTokens: 1 } }, 'stall'], ['Ten.']],
      spending: { ...boundlessBudget, getPrices: () => ({ free, estimated: [] }) },
      transcriber: new FakeTranscriber({ texts: ['What time is it?'] }),
    });
    await passTime(fixture, 4_000);
    await hearSpeech(fixture, 1_020, 'human-cards-001');
    await hearSpeech(fixture, 6_000, 'human-cards-001');
    await hearSpeech(fixture, 6_000, 'human-cards-001');
    const instants = fixture.of('answered')[1]?.instants;
    expect(instants?.recognisedAtMs).toBe(instants?.[wordsAtMs]);
    expect(instants?.firstTokenAtMs).toBe(instants?.[answerAtMs]);
    expect(instants?.pausedAtMs).toBeGreaterThan(instants?.heardAtMs ?? 0);
  },
);

/** A turn model that never answers, and the pauses that it was asked about. */
class SilentTurnModel {
  readonly signals: AbortSignal[] = [];
  load() {}
  judge(_sound: JudgedSound, signal: AbortSignal) {
    this.signals.push(signal);
    return new Promise<undefined>(() => {});
  }
}

async function openSession() {
  const turnModel = new SilentTurnModel();
  const pause = { ...endpointRules.pause, turnModelMs: usualTurnModelMs };
  const rules = { ...endpointRules, pause };
  const fixture = await openRoom({ turnModel, endpointRules: rules }, [adam, eva]);
  await passTime(fixture, 100);
  return { fixture, turnModel };
}

test('the judgement of a pause is withdrawn as its person speaks on, and as the utterance ends', async () => {
  const { fixture, turnModel } = await openSession();
  // "Five", a pause, "five".
  const packets = await sayWords('human-cards-004', adam, fixture.clock.nowMs());
  const seen = new Set<string>();
  for (let passedMs = 0; passedMs < 4_000; passedMs += 20) {
    const nowMs = fixture.clock.nowMs();
    const due = packets.filter(({ atMs }) => atMs > nowMs && atMs <= nowMs + 20);
    await passTime(fixture, 20, due);
    seen.add(
      turnModel.signals.map(({ aborted }) => (aborted ? 'withdrawn' : 'asked')).join(),
    );
  }
  expect([...seen]).toEqual([
    '',
    'asked',
    'withdrawn',
    'withdrawn,asked',
    // It is asked once more in a long pause.
    'withdrawn,withdrawn,asked',
    'withdrawn,withdrawn,withdrawn',
  ]);
});

test('a pause is not judged while somebody else talks, and its words and silence end the turn', async () => {
  const { fixture, turnModel } = await openSession();
  const nowMs = fixture.clock.nowMs();
  // Eva talks on for two seconds after Adam's words.
  const packets = await Promise.all([
    sayWords('human-cards-001', adam, nowMs),
    sayWords('human-librivox-0930', eva, nowMs),
  ]);
  await passTime(fixture, 2_500, packets.flat());
  expect(turnModel.signals).toEqual([]);
  expect(fixture.of('recognised').map(({ name }) => name)).toEqual(['Adam']);
});

/** Adam says "five", a pause, "five". Counts how often a local recogniser is asked, early or not, and the pauses that were left out. */
async function countRecognitions(mayRecognise: () => boolean) {
  const counts = { early: 0, skipped: 0 };
  const transcriber = new FakeTranscriber({ texts: ['five five'] });
  const earlyRecognition: EarlyRecognition = {
    mayRecognise,
    onRecognise: () => counts.early++,
    onSkip: () => counts.skipped++,
  };
  const fixture = await openRoom({ transcriber, earlyRecognition }, [adam, eva]);
  await hearSpeech(fixture, 6_000, 'human-cards-004');
  const texts = fixture.of('recognised').map(({ text }) => text);
  return { ...counts, asked: transcriber.heard.length, texts };
}

test('where this machine is to recognise no more in pauses, the words come once the speaker is done, and each pause counts', async () => {
  const texts = ['five five'];
  expect(await countRecognitions(() => true)).toEqual({
    early: 2,
    skipped: 0,
    asked: 2,
    texts,
  });
  expect(await countRecognitions(() => false)).toEqual({
    early: 0,
    skipped: 2,
    asked: 1,
    texts,
  });
});

/** Longer than any pause waits for words. */
const slowWordsMs = 2_000;

/** Milliseconds from the last packet of a question to the request for its answer, where words come slowly. */
async function measureRequest(
  name: PipelineName,
  overProbability?: ServedOptions['overProbability'],
) {
  await using served = await openServed(name, {
    replies: [{ match: /./, text: 'Ten.' }],
    pace: { recogniseMs: slowWordsMs },
    ...(overProbability !== undefined && { overProbability }),
  });
  await served.say('capital');
  const saidAtMs = served.fixture.clock.nowMs();
  await served.passUntil(() => served.asked.length > 0, 'a request for the answer');
  const atMs = served.fixture.clock.nowMs();
  await served.passUntil(
    () => served.fixture.of('answered').length > 0,
    'an answer to the question',
  );
  return atMs - saidAtMs;
}

test.each(['audio-model', 'realtime'] as const)(
  '%s is asked as soon as a question sounds over, before its words are known',
  async (name) => {
    const soonMs = await measureRequest(name, 0.95);
    expect(soonMs).toBeLessThanOrEqual(240);
    expect(await measureRequest(name, 0.05)).toBeGreaterThan(soonMs + 100);
  },
);

test.each(['audio-model', 'realtime'] as const)(
  '%s is asked after a short silence where neither the turn model nor the words come',
  async (name) => expect(await measureRequest(name, 'late')).toBeLessThanOrEqual(300),
);

test('chained is asked with the words alone', async () =>
  expect(await measureRequest('chained', 0.95)).toBeGreaterThan(slowWordsMs / 2));

test('words that come once the thread goes on end no utterance before the packets are read that waited', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: ['Stop.'], tookMs: 300, clock });
  const fixture = await joinLounge({ transcriber }, undefined, clock);
  const packets = await sayWords('human-cards-003', adam, clock.nowMs());
  while (transcriber.asked.length === 0)
    await passTime(
      fixture,
      20,
      packets.filter(({ atMs }) => atMs > clock.nowMs()),
    );
  // Timers that are due fire first, and sockets are read after them.
  clock.suspend(2_000);
  clock.passMs(0);
  await passRounds(2);
  expect(fixture.of('recognised')).toEqual([]);
  await passTime(fixture, 2_000);
  expect(fixture.of('recognised')).toHaveLength(1);
});

const orderLine = `user: ${judgeOrder.content}`;

/** Knows the model of the server, usually as a good one. In every fourth pause a person went on. */
function knowModel(pauses = 40, judge = (n: number) => n % 4 !== 0) {
  const trust = new WordsJudgeTrust();
  for (let n = 0; n < pauses; n++)
    trust.learn('writes', { isWhole: judge(n), wentOn: n % 4 === 0 });
  return trust;
}

/** A captioned session whose chat server answers "Paris.", and judges before that if it is asked to. */
async function openJudgedSession(
  judgement: string,
  wordsJudges: WordsJudgeTrust,
  name: PipelineName = 'chained',
) {
  const replyTo = (newest: string) =>
    newest.includes(judgeOrder.content) ? `${judgement}Paris.` : 'Paris.';
  const served = await openServed(name, {
    replies: [{ match: /./, reply: replyTo }],
    wordsJudges,
  });
  await turnCaptionsOn(served.fixture);
  return served;
}

type Served = Awaited<ReturnType<typeof openJudgedSession>>;

/** Milliseconds from the end of the voice to the end of the turn. */
async function measureDelay(served: Served) {
  const answered = await served.ask('capital');
  const { endedAtMs = 0, heardAtMs = 0 } = answered?.instants ?? {};
  return endedAtMs - heardAtMs;
}

/** All that people could hear and read, and what the next request is shown. */
async function listTraces({ fixture, providers, shown }: Served) {
  const spoken = providers.requests.flatMap(({ body, endpoint }) =>
    endpoint === 'speech' ? [JSON.stringify(body?.input)] : [],
  );
  const answered = fixture
    .of('answered')
    .flatMap(({ heardText, text }) => [text, heardText]);
  const kept = (await listKept(fixture)).map(({ text }) => text);
  const captions = [...fixture.captionChats.chat.shown.values()];
  const earlier = shown.filter((line) => line !== orderLine);
  return { spoken, all: [...spoken, ...answered, ...kept, ...captions, ...earlier] };
}

test.each(['goes on\n', '"Whole"\n\n'])(
  'the judgement %j is never spoken, shown, kept or remembered',
  async (judgement) => {
    await using served = await openJudgedSession(judgement, knowModel());
    for (let turn = 0; turn < 2; turn++) await served.ask('capital');
    await served.settleAll();
    const { all, spoken } = await listTraces(served);
    expect(served.asked).toHaveLength(2);
    expect(served.shown.at(-1)).toBe(orderLine);
    expect(spoken).toContain('"Paris."');
    expect(all.filter((text) => /whole|goes on/i.test(text))).toEqual([]);
  },
);

test('words that go on hold the turn, and the answer begun in the pause is used', async () => {
  await using whole = await openJudgedSession('whole\n', knowModel());
  await using goesOn = await openJudgedSession('goes on\n', knowModel());
  const [soonMs, heldMs] = [await measureDelay(whole), await measureDelay(goesOn)];
  expect(heldMs).toBeGreaterThan(soonMs + 300);
  expect(heldMs).toBeLessThanOrEqual(2_000);
  expect(goesOn.asked).toHaveLength(1);
  expect(goesOn.fixture.of('answered').at(-1)?.text).toBe('Paris.');
});

test('a model that answers without a judgement is as quick as one that is not trusted', async () => {
  await using silent = await openJudgedSession('', knowModel());
  await using unknown = await openJudgedSession('goes on\n', new WordsJudgeTrust());
  expect(await measureDelay(silent)).toBe(await measureDelay(unknown));
});

test('a turn waits for no judgement of a request that failed', async () => {
  const measureEndMs = async (wordsJudges: WordsJudgeTrust) => {
    await using served = await openServed('chained', {
      // Neither there nor near it is anything.
      settings: (url) => ({ CHAT_COMPLETION_BASE_URL: `${url}/absent/v2/there` }),
      overProbability: 0.3,
      wordsJudges,
    });
    const { clock, of } = served.fixture;
    const packets = await served.makePackets('forward', adam);
    const fromMs = clock.nowMs();
    while (of('recognised').length === 0) await served.pass(20, packets);
    const endMs = clock.nowMs();
    while (of('failed').length === 0) await served.pass(20, packets);
    expect(of('failed')).toMatchObject([{ stage: 'think' }]);
    return endMs - fromMs;
  };
  expect(await measureEndMs(knowModel())).toBe(
    await measureEndMs(new WordsJudgeTrust()),
  );
});

test('a model is learnt from pause to pause, and asked no more if it always says the same', async () => {
  await using served = await openJudgedSession(
    'whole\n',
    knowModel(18, () => true),
  );
  const isAsked = async () => {
    await served.ask('capital');
    return served.shown.at(-1) === orderLine;
  };
  // Of a turn it is known when the next one begins whether it was over.
  expect([await isAsked(), await isAsked(), await isAsked()]).toEqual([
    true,
    true,
    false,
  ]);
});

test.each(['audio-model', 'realtime'] as const)('%s is not asked', async (name) => {
  await using served = await openJudgedSession('whole\n', knowModel(), name);
  await served.ask('capital');
  expect(served.shown).not.toContain(orderLine);
});

test('a typed question is not asked about', async () => {
  await using served = await openJudgedSession('whole\n', knowModel());
  void served.fixture.talk.askQuestion(toGuildId('g'), 'Where?', adam, 'voice');
  await served.passUntil(() => served.asked.length > 0, 'a request');
  expect(served.shown).not.toContain(orderLine);
});

/** Adam says the same words so many times, and may say no then. Measures, in ms, after which silence the same words of Eva are over. */
async function measureEnd(taughtTimes: number, says?: 'deny' | 'forget') {
  const transcriber = new FakeTranscriber({ texts: ['the cats'] });
  const fixture = await openRoom({ transcriber }, [adam, eva]);
  for (let time = 0; time < taughtTimes; time++)
    await hearSpeech(fixture, 6_000, 'human-cards-001');
  if (says) void fixture.privacy[says](toGuildId('g'), adam.id);
  await passTime(fixture, 1_000);
  await hearSpeech(fixture, 6_000, 'human-cards-001', eva);
  const instants = fixture.of('answered').find(({ name }) => name === 'Eva')?.instants;
  return instants && instants.endedAtMs - instants.heardAtMs;
}

test('what was learnt from the last words of a person is forgotten with them', async () => {
  const untaughtMs = await measureEnd(0);
  expect(await measureEnd(8)).toBeLessThan(untaughtMs ?? 0);
  expect(await measureEnd(8, 'deny')).toBe(untaughtMs);
  expect(await measureEnd(8, 'forget')).toBe(untaughtMs);
});
