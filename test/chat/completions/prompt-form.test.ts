import { writeWav } from '#src/audio/formats/wav.ts';
import { toPersonId } from '#src/base/ids.ts';
import { type ChatMessage, historyLimits } from '#src/chat/chat-model.ts';
import { listReturnedFields } from '#src/chat/completions/chat-request.ts';
import { ReturnedFields } from '#src/chat/returned-fields.ts';
import { toChatMessages } from '#src/conversation/answering/answer-request.ts';
import { createMessages, type FittedPrompt } from './prompt-forms.ts';

const system: ChatMessage = { role: 'system', content: 'Be brief.' };
const toQuestion = (content: string, name = 'Ana'): ChatMessage => {
  return { role: 'user', name, content };
};
const toAnswer = (content: string): ChatMessage => ({ role: 'assistant', content });
const call = { id: 'abcdefgh1', name: 'lamp', argumentsJson: '{}' };
const toRound = (content = ''): readonly ChatMessage[] => [
  { role: 'assistant', content, calls: [call] },
  { role: 'tool', callId: call.id, content: 'It is </results> on.' },
];

const inQuestion = { system: 'question' } as const;

test('without a system role the instructions stand before the first question, also before a picture or a sound', () => {
  const picture = 'data:image/png;base64,iVBORw0KGgo=';
  const wav = writeWav({ samples: new Int16Array(160), rateHz: 16_000, channels: 1 });
  const seen: ChatMessage = {
    role: 'user',
    name: 'Ana',
    content: 'What is it?',
    pictures: [picture],
  };
  const heardMessage: ChatMessage = {
    role: 'user',
    name: 'Ana',
    content: '',
    wav,
    words: async () => '',
  };
  expect(createMessages([system, toQuestion('Hi.')], inQuestion)).toEqual([
    { role: 'user', content: 'Be brief.\n\nAna: Hi.' },
  ]);
  expect(createMessages([system, seen], inQuestion)).toMatchObject([
    {
      role: 'user',
      content: [{ text: 'Be brief.\n\nAna: What is it?' }, { type: 'image_url' }],
    },
  ]);
  expect(createMessages([system, heardMessage], inQuestion)).toMatchObject([
    { role: 'user', content: [{ text: 'Be brief.\n\nAna:' }, { type: 'input_audio' }] },
  ]);
});

test('the instructions of a program stand there as well', () => {
  const makeSentMessage = (role: string, content: unknown) =>
    ({ role, content: '', sent: { role, content } }) as unknown as ChatMessage;
  const deps = [{ type: 'text', text: 'Be kind.' }];
  expect(
    createMessages(
      [makeSentMessage('developer', deps), makeSentMessage('user', 'Hi.')],
      inQuestion,
    ),
  ).toEqual([{ role: 'user', content: 'Be kind.\n\nHi.' }]);
});

test('the history is shortened by its length, and the newest question keeps its tools and instructions', () => {
  const history = [
    toQuestion('One?'),
    toAnswer('So on. '.repeat(100)),
    toQuestion('Two?'),
    toAnswer('Two.'),
  ];
  const messages = [system, ...history, toQuestion('Three?'), ...toRound()];
  const listRoles = (historyShare: 1 | 0.5 | 0) =>
    createMessages(messages, { historyShare }).map(({ role }) => role);
  const question = ['user', 'assistant', 'tool'];
  expect(listRoles(1)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
    'assistant',
    ...question,
  ]);
  expect(listRoles(0.5)).toEqual(['system', 'user', 'assistant', ...question]);
  expect(listRoles(0)).toEqual(['system', ...question]);
});

test('tools are told as words where a template has no role for them, and no result ends its block', () => {
  const messages = [system, toQuestion('Lamp on.'), ...toRound('One moment.')];
  const [, question, answer, told, ...rest] = createMessages(messages, {
    tools: 'question',
  });
  expect([question, answer, rest]).toEqual([
    { role: 'user', content: 'Ana: Lamp on.' },
    { role: 'assistant', content: 'One moment.' },
    [],
  ]);
  expect(told).toMatchObject({
    role: 'user',
    content: expect.stringMatching(
      /\nlamp \{\}: It is \(\/results\) on\.\n<\/results>$/,
    ),
  });
});

test.each<[string, readonly ChatMessage[], readonly string[]]>([
  [
    'begins with an answer',
    [toAnswer('Yes.'), toQuestion('Why?')],
    ['user', 'assistant', 'user'],
  ],
  [
    'has two answers in a row',
    [toQuestion('Hi.'), toAnswer('Yes.'), toAnswer('No.'), toQuestion('Why?')],
    ['user', 'assistant', 'user'],
  ],
  [
    'has an answer without words',
    [toQuestion('Hi.'), toAnswer(' '), toQuestion('Why?')],
    ['user'],
  ],
  [
    'has instructions in the middle',
    [toQuestion('Hi.'), toAnswer('Yes.'), system, toQuestion('Why?')],
    ['user', 'assistant', 'user'],
  ],
  [
    'has a result without its call',
    [toQuestion('Hi.'), ...toRound().slice(1)],
    ['user'],
  ],
  [
    'has a call without its result',
    [toQuestion('Hi.'), ...toRound().slice(0, 1), toQuestion('Why?')],
    ['user'],
  ],
  [
    'has a question right behind a result',
    [toQuestion('Hi.'), ...toRound(), toQuestion('Why?')],
    ['user'],
  ],
])('a prompt that %s is one that templates take', (_, messages, roles) => {
  expect(createMessages(messages).map(({ role }) => role)).toEqual(roles);
});

test('a message that only calls tools has the empty content that the server takes', () => {
  const messages = [toQuestion('Lamp on.'), ...toRound()];
  expect(createMessages(messages)[1]?.content).toBeNull();
  expect(createMessages(messages, { emptyContent: '' })[1]?.content).toBe('');
});

test('fields that came with a call go back to their server alone, without those that it refuses', () => {
  const [server, secret] = [{}, 'a thought of '.repeat(20)];
  const fields = { message: { reasoning: secret }, call: { mark: 1 }, function: {} };
  const returned = new ReturnedFields(server, fields);
  const messages: readonly ChatMessage[] = [
    toQuestion('Lamp on.'),
    { role: 'assistant', content: '', calls: [{ ...call, returned }] },
    ...toRound().slice(1),
  ];
  const readBack = (form: FittedPrompt = {}) => {
    const [, message] = createMessages(messages, form);
    return message?.role === 'assistant' ? message : undefined;
  };
  expect(listReturnedFields(messages, server)).toEqual(['reasoning', 'mark']);
  expect(readBack({ server })).toMatchObject({
    reasoning: secret,
    tool_calls: [{ mark: 1 }],
  });
  const partial = readBack({ server, refusedFields: new Set(['reasoning']) });
  expect(partial).not.toHaveProperty('reasoning');
  expect(partial?.tool_calls?.[0]).toHaveProperty('mark');
  for (const other of [{}, undefined]) {
    const message = readBack(other && { server: other });
    expect(message).not.toHaveProperty('reasoning');
    expect(message?.tool_calls?.[0]).not.toHaveProperty('mark');
  }
  expect(listReturnedFields(messages, {})).toEqual([]);
  // A reservation counts the characters of the messages.
  const json = JSON.stringify(messages);
  expect(json).not.toContain(secret);
  expect(json.length).toBeGreaterThan(secret.length);
});

/** The messages of a talk, whose every third answer failed before its first word. */
function toTalk(exchanges: number, answer: string) {
  return toChatMessages(
    Array.from({ length: exchanges }, (_, n) => ({
      by: toPersonId('1'),
      name: 'Ana',
      isOwn: true,
      words: `Question ${n}?`,
      heard: n % 3 === 1 ? '' : answer,
      isOver: false,
    })),
  );
}

test('the history of a talk begins with a question, however long the talk and its answers are', () => {
  for (const length of [2, 50, 900, 11_900, 13_000])
    for (let exchanges = 1; exchanges <= 40; exchanges++) {
      const messages = toTalk(exchanges, 'x'.repeat(length));
      const characters = messages.map(({ content }) => content).join('').length;
      expect(messages[0]?.role).toBe('user');
      expect(characters).toBeLessThanOrEqual(historyLimits.characters);
      expect(messages.map(({ content }) => content).join()).toContain(
        `Question ${exchanges - 1}?`,
      );
    }
});

test('a long talk begins with the same words for many turns, so that servers need not read it anew', () => {
  const turns = 40;
  const begins = Array.from({ length: turns }, (_, n) =>
    JSON.stringify(toTalk(n + 1, 'x'.repeat(900)).slice(0, 2)),
  );
  const changes = begins.filter((begin, n) => n > 0 && begin !== begins[n - 1]);
  // About seven exchanges go at once.
  expect(changes.length).toBeGreaterThan(1);
  expect(changes.length).toBeLessThan(turns / 6);
});
