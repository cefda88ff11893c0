import { toGuildId } from '#src/base/ids.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { judgeOrder } from '#src/pipeline/words-judge.ts';
import { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import {
  listKept,
  turnCaptionsOn,
} from '#test/conversation/setup/captioned-session.ts';
import { openServed } from '#test/conversation/setup/served-session.ts';
import { adam } from '#test/conversation/setup/session-fixture.ts';

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
