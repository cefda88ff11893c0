import { toPersonId } from '#src/base/ids.ts';
import type { ChatMessage, ChatModel } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { toChatMessages } from '#src/conversation/answering/answer-request.ts';
import type { HistoryExchange } from '#src/conversation/machine/state.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import { createTextPipeline, withWordsJudge } from '#src/pipeline/chained-pipeline.ts';
import {
  type AnswerLanguage,
  createPrompt,
  formatLanguageOrder,
  type Turn,
  type TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import { openClient } from '#src/provider/api-client.ts';
import { createMessages } from '#test/chat/completions/prompt-forms.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { openDialect, replyEvents, replyJson } from '#test/fakes/dialects/dialect.ts';
import {
  findTemplateFault,
  refuseByTemplate,
  type StrictTemplate,
  strictTemplates,
} from '#test/fakes/dialects/strict-templates.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { makeDelta } from '#test/fakes/providers/mock-audio-chat.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { countRuns, fc } from '#test/properties.ts';

const signal = new AbortController().signal;

/** What the model does in one round before the last: its words, and the calls, without ids. */
type ScriptedRound = { readonly says: string; readonly calls: number };
type Body = { readonly messages: readonly { role: string; content: unknown }[] };

/** A server that calls tools as its script says, then answers, and notes each request. */
async function openScripted() {
  const bodies: Body[] = [];
  let script: readonly ScriptedRound[] = [];
  const served = await openListeningServer(async (request, response) => {
    const bytes = Buffer.concat(await Array.fromAsync<Buffer>(request));
    bodies.push(JSON.parse(bytes.toString()));
    const [round, ...later] = script;
    script = later;
    const { says = 'Well then.', calls = 0 } = round ?? {};
    const tool_calls = Array.from({ length: calls }, (_, index) => {
      return { index, function: { name: 'lamp', arguments: `{"n":${index}}` } };
    });
    const chunks = [makeDelta({ content: says, tool_calls }), makeDelta({}, 'stop')];
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  const playRounds = (rounds: readonly ScriptedRound[]) => {
    bodies.length = 0;
    script = rounds;
  };
  return {
    ...served,
    client: openClient({ baseUrl: `${served.origin}/v1` }),
    bodies,
    play: playRounds,
  };
}

/** The language of an answer, once it is known. */
const toLanguage = (now: string | undefined): AnswerLanguage => ({
  ...{ now, stability: 'settled', isOutdated: false, hear: async () => undefined },
});
const [germanOrder, finnishOrder] = ['de', 'fi'].map((tag) =>
  formatLanguageOrder(toLanguage(tag)),
) as [string, string];

const person = fc.constantFrom('Ana', 'Ben', 'Cleo: Ana');
const words = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('Hi.', 'And\nnow?', 'Why?', '42') },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\n') },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 300, max: 13_000 }).map((n) => 'so on '.repeat(n / 6)),
  },
);
const exchange: fc.Arbitrary<HistoryExchange> = fc
  .record({
    ...{ name: person, words, heard: words, isOver: fc.boolean() },
    languageOrder: fc.constantFrom(undefined, '', germanOrder, finnishOrder),
  })
  .map((fields) => ({ ...fields, by: toPersonId(fields.name), isOwn: true }));
const talk = fc.record({
  exchanges: fc.array(exchange, { maxLength: 45 }),
  memories: fc.array(words, { maxLength: 2 }),
  context: fc.option(words, { nil: undefined }),
  questions: fc.array(fc.record({ name: person, words, hasPicture: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  }),
  done: fc.array(words, { maxLength: 2 }),
  rounds: fc.array(
    fc.record({
      says: fc.constantFrom('', ' ', 'One moment.'),
      calls: fc.integer({ min: 1, max: 2 }),
    }),
    { maxLength: 3 },
  ),
  isJudged: fc.boolean(),
  isHeard: fc.boolean(),
  hasInstructions: fc.boolean(),
});
type Talk = typeof talk extends fc.Arbitrary<infer Value> ? Value : never;

function toTurn({ exchanges, memories, questions, done, ...rest }: Talk): Turn {
  const { context, isHeard, hasInstructions } = rest;
  const utterances = questions.map(({ name, words, hasPicture }): TurnUtterance => {
    const { pcm: sound, ...utterance } = toUtterance(words);
    const pictures = hasPicture ? ['data:image/png;base64,iVBORw0KGgo='] : undefined;
    return { ...utterance, name, pictures, pcm: isHeard ? sound : undefined };
  });
  const remembered = memories.map((content): ChatMessage => {
    return { role: 'user', name: '', content };
  });
  return {
    ...makeTurn(...utterances),
    style: { instructions: hasInstructions ? 'Be brief.' : '', voice: {} },
    history: [...toChatMessages(exchanges), ...remembered],
    done: done.map((content, n) => ({
      call: { id: `done0000${n}`, name: 'lamp', argumentsJson: '{}' },
      content,
    })),
    context,
    language: toLanguage('de'),
  };
}

function openPipeline(chat: ChatModel, { isHeard, isJudged }: Talk) {
  const judge = {
    awaitJudgement: () => () => undefined,
    waitUntilWanted: async () => undefined,
  };
  const judging = withWordsJudge(chat, isJudged ? judge : undefined);
  const model: ChatModel = {
    reply: (...request) => judging.reply(...request),
    canTakePictures: () => true,
  };
  if (!isHeard) return createTextPipeline(model);
  const synthesizer = new FakeSynthesizer({ pieces: 1 });
  return createAudioModelPipeline({ open: () => model, synthesizer, input: 'audio' });
}

/** Names all faults that templates find; those of Gemma know no tools. */
function listFaults(body: Body, templates: readonly StrictTemplate[]) {
  const hasTools = body.messages.some(({ role }) => role === 'tool');
  return templates
    .filter((template) => !hasTools || !template.startsWith('gemma'))
    .flatMap((template) => findTemplateFault(body, template) ?? [])
    .map((fault) => `${fault} ${JSON.stringify(body.messages).slice(0, 2_000)}`);
}

const withRole: readonly StrictTemplate[] = ['gemma-3', 'mistral', 'devstral'];

test('whatever people say and however answers end, every strict template takes the prompt', async () => {
  await using server = await openScripted();
  const { bodies, client, play } = server;
  const inRounds = openChatModel(client, { model: 'strict' });
  const property = fc.asyncProperty(talk, async (said) => {
    play(said.rounds);
    const requests: (readonly ChatMessage[])[] = [];
    const noting: ChatModel = {
      reply(messages, ...rest) {
        requests.push(messages);
        return inRounds.reply(messages, ...rest);
      },
    };
    const host = new FakeHost();
    host.release();
    const turn = toTurn(said);
    const answer = openPipeline(noting, said).answer(turn, host, signal);
    const { error, parts } = await drainAnswer(answer[Symbol.asyncIterator]());
    expect(error).toBeUndefined();
    const isWordless = said.questions.every(({ words }) => words.trim() === '');
    if (isWordless) return;
    expect(joinTexts(parts)).toContain('Well then.');
    const calls = said.rounds.reduce((sum, round) => sum + round.calls, 0);
    expect(host.ran).toHaveLength(calls);
    expect(bodies).toHaveLength(said.rounds.length + 1);
    expect(bodies.flatMap((body) => listFaults(body, withRole))).toEqual([]);
    // No model of this answer made these calls.
    expect(JSON.stringify(bodies)).not.toContain('done0000');
    for (const messages of requests) checkOtherForms(messages, said);
  });
  await fc.assert(property, { numRuns: countRuns(150) });
}, 60_000);

const anyOrder = 'Answer in the language of the words that you answer.';

/** Without a system role, without roles for tools, and with less of the history. */
function checkOtherForms(messages: readonly ChatMessage[], { questions }: Talk) {
  for (const historyShare of [1, 0.5, 0] as const) {
    const form = { system: 'question', tools: 'question', historyShare } as const;
    const sent = createMessages(messages, form);
    expect(listFaults({ messages: sent as Body['messages'] }, strictTemplates)).toEqual(
      [],
    );
    const text = JSON.stringify(sent);
    const system = messages.find(({ role }) => role === 'system');
    if (system) expect(JSON.stringify(sent[0])).toContain(system.content);
    // However little of the history is sent, the language of the answer is ordered, and no later order is against it.
    expect(text.lastIndexOf(germanOrder)).toBeGreaterThan(
      Math.max(text.lastIndexOf(finnishOrder), text.lastIndexOf(anyOrder)),
    );
    for (const { words } of questions) {
      const [line = ''] = words.trim().split('\n');
      // An audio model gets the sound in place of the words at first.
      if (!messages.some((message) => 'wav' in message))
        expect(text).toContain(line.slice(0, 6));
    }
  }
}

const spokenTurn = fc.record({
  ...{ name: person, words: fc.constantFrom('Hi.', 'Why?', '42', 'And now?') },
  ...{
    heard: fc.constantFrom('Well.', 'No.'),
    tag: fc.constantFrom('de', 'fi', undefined),
  },
});

test('each prompt of a talk begins with the whole prompt before it, whoever asks in whichever language', async () => {
  const property = fc.asyncProperty(
    fc.array(spokenTurn, { minLength: 2, maxLength: 8 }),
    async (turns) => {
      const exchanges: HistoryExchange[] = [];
      let former = '';
      for (const { heard, name, tag, words } of turns) {
        const language = toLanguage(tag);
        const utterance = { ...toUtterance(words), name };
        const history = toChatMessages(exchanges);
        const turn = { ...makeTurn(utterance), history, language };
        const messages = createMessages((await createPrompt(turn, signal)) ?? []);
        const prompt = messages
          .map(({ content, role }) => `${role} ${content}`)
          .join('\n');
        expect(prompt.startsWith(former)).toBe(true);
        expect(prompt.endsWith(words)).toBe(true);
        former = prompt;
        const by = toPersonId(name);
        const languageOrder = formatLanguageOrder(language);
        exchanges.push({
          by,
          name,
          words,
          heard,
          languageOrder,
          isOwn: true,
          isOver: false,
        });
      }
    },
  );
  await fc.assert(property, { numRuns: countRuns(100) });
});

test('whose language is unknown is not bound by the order of whoever asked before, and a language that a persona has wins', async () => {
  const exchange = { name: 'Ana', words: 'Hallo.', heard: 'Hallo.', isOwn: true };
  const by = toPersonId('1');
  const exchanges = [{ ...exchange, by, isOver: false, languageOrder: germanOrder }];
  const listOrders = async (language: AnswerLanguage) => {
    const history = toChatMessages(exchanges);
    const turn = { ...makeTurn(toUtterance('42')), history, language };
    const prompt = (await createPrompt(turn, signal)) ?? [];
    return prompt
      .map(({ content }) => content)
      .filter((each) => each.startsWith('(Answer'));
  };
  expect(await listOrders(toLanguage(undefined))).toEqual([
    `(${germanOrder})`,
    `(${anyOrder})`,
  ]);
  expect(await listOrders(toLanguage('de'))).toEqual([`(${germanOrder})`]);
  expect(await listOrders({ ...toLanguage('fr'), stability: 'fixed' })).toEqual([]);
});

test.each(['gemma-3', 'mistral', 'devstral'] as const)(
  'a talk of fifty questions is answered to its end behind the template of %s, though answers fail',
  async (template) => {
    let askedCount = 0;
    await using server = await openDialect({
      refuses: refuseByTemplate(template, 500),
      routes: {
        'POST /v1/chat/completions': () =>
          ++askedCount % 7 === 0
            ? replyJson({ error: { message: 'overloaded' } }, 429)
            : replyEvents(
                makeDelta({ content: `${askedCount}.` }),
                makeDelta({}, 'stop'),
              ),
      },
    });
    const client = openClient({ baseUrl: `${server.origin}/v1` });
    const model = openChatModel(client, { model: template });
    const exchanges: HistoryExchange[] = [];
    for (let n = 1; n <= 50; n++) {
      const turn = {
        ...makeTurn({ ...toUtterance(`Question ${n}?`), pcm: undefined }),
        history: toChatMessages(exchanges),
        tools: [],
      };
      const answer = createTextPipeline(model).answer(turn, new FakeHost(), signal);
      const { error, parts } = await drainAnswer(answer[Symbol.asyncIterator]());
      if (n % 7 === 0) expect(error).toMatchObject({ about: { status: 429 } });
      const transcript = joinTexts(parts);
      expect(transcript).toBe(n % 7 === 0 ? '' : `${n}.`);
      const by = toPersonId('1');
      const text = `Question ${n}?`;
      exchanges.push({
        by,
        name: 'Ana',
        isOwn: true,
        words: text,
        heard: transcript,
        isOver: false,
      });
    }
  },
);
