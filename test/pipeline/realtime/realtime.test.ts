import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { Turn } from '#src/pipeline/pipeline.ts';
import {
  joinTexts,
  makeTurn,
  testPipeline,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import {
  drainAnswer,
  makeReleasedHost,
  makeSpokenTurn,
  openTalking,
  toHistory,
  toTalkReply,
} from './talking-setup.ts';

testPipeline('realtime', (script) => openTalking({ answer: toTalkReply(script) }));

const four = 'Well, as you ask, it is four.';
const fourFor = () => ({ text: four });
const makeUserMessage = (name: string, content: string): ChatMessage => ({
  role: 'user',
  name,
  content,
});
const makeAssistantMessage = (content: string): ChatMessage => ({
  role: 'assistant',
  content,
});
const continueTalk = (history: readonly ChatMessage[], turn: Turn) => ({
  ...turn,
  history,
});

test('each answer is told the history in words and the question as sound, and leaves nothing with the server', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const history = [
    makeUserMessage('Ben', 'good morning'),
    makeAssistantMessage('Good morning, Ben.'),
  ];
  for (let n = 0; n < 2; n++) {
    const { parts } = await drainAnswer(
      talking.pipeline,
      continueTalk(history, makeTurn(makeSpokenTurn('again'))),
    );
    expect(joinTexts(parts)).toBe(four);
    expect(toHistory(talking.server.calls[n])).toEqual([
      'user: Ben: good morning',
      'assistant: Good morning, Ben.',
      'user: Ana:',
      'user: sound 1000',
      `assistant: ${four}`,
    ]);
    await expect.poll(() => talking.server.open).toBe(0);
  }
  expect(talking.server.calls.flatMap(({ errors }) => errors)).toEqual([]);
});

test('marks in the words of an answer are no words, as in every other pipeline', async () => {
  const text = '<|muse_start|>Tea?<|muse_end|>It is <|foo|>four.<|im_end|>user';
  await using talking = await openTalking({ answer: () => ({ text }) });
  const { parts } = await drainAnswer(
    talking.pipeline,
    makeTurn(makeSpokenTurn('hello')),
  );
  expect(joinTexts(parts)).toBe('It is four.');
});

test.each([
  [900, { max_output_tokens: 900 }],
  [4_000, undefined], // the limit of every answer
])(
  'an answer may be as long as its money pays, %s tokens, with the sound of its question set aside',
  async (units, response) => {
    await using talking = await openTalking({
      answer: () => ({ text: four, ends: 'incomplete' }),
    });
    const heardValues: number[] = [];
    const reserveRequest = (
      _: readonly object[],
      __: readonly object[],
      heardMs: number,
    ) => {
      heardValues.push(heardMs);
      return { maxUnits: units, release: () => undefined };
    };
    const host = makeReleasedHost();
    Object.assign(host.meter, { reserveRequest });
    const { error, parts } = await drainAnswer(
      talking.pipeline,
      makeTurn(makeSpokenTurn('how many')),
      host,
    );
    expect([error, joinTexts(parts), heardValues]).toEqual([undefined, four, [1_000]]);
    const commands = talking.server.calls[0]?.commands.filter(
      ({ type }) => type === 'response.create',
    );
    expect(commands?.map((command) => command.response)).toEqual([response]);
  },
);

test('an answer with a tool goes on over its connection, which is told the result', async () => {
  const lamp = { name: 'lamp', argumentsJson: '{}' };
  const answerRequest = (_: string, request: number) =>
    request < 2 ? { text: 'One moment.', call: lamp } : { text: 'It is on.' };
  await using talking = await openTalking({ answer: answerRequest });
  const host = makeReleasedHost();
  const { parts } = await drainAnswer(
    talking.pipeline,
    makeTurn(makeSpokenTurn('lamp on')),
    host,
  );
  expect([host.ran.length, joinTexts(parts)]).toEqual([
    2,
    'One moment. One moment. It is on.',
  ]);
  const round = [
    'assistant: One moment.',
    'function_call: ',
    'function_call_output: done',
  ];
  expect(talking.server.calls.map(toHistory)).toEqual([
    ['user: Ana:', 'user: sound 1000', ...round, ...round, 'assistant: It is on.'],
  ]);
});

test('a typed question is told in words', async () => {
  await using talking = await openTalking({ answer: fourFor });
  const { pcm: _, ...typed } = toUtterance('and now?');
  await drainAnswer(talking.pipeline, makeTurn(typed));
  expect(toHistory(talking.server.calls[0])[0]).toBe('user: Ana: and now?');
});
